"""The model as a picture: text, DOT and SVG of components, hosts, resources and their order."""

from batou.deploy.picture.dot import as_dot as as_dot
from batou.deploy.picture.model import Branch as Branch
from batou.deploy.picture.model import Edge as Edge
from batou.deploy.picture.model import HostBox as HostBox
from batou.deploy.picture.model import Picture as Picture
from batou.deploy.picture.model import Root as Root
from batou.deploy.picture.model import picture_of as picture_of
from batou.deploy.picture.svg import as_svg as as_svg
from batou.deploy.picture.text import as_text as as_text

FORMATS = {"text": as_text, "dot": as_dot, "svg": as_svg}
"""How a picture is drawn, by the name of the format."""
