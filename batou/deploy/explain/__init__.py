"""Where the values of a component come from: which file, which line, over what."""

from batou.deploy.explain.explaining import UnknownName as UnknownName
from batou.deploy.explain.explaining import explain as explain
from batou.deploy.explain.explanation import Explained as Explained
from batou.deploy.explain.explanation import Explanation as Explanation
from batou.deploy.explain.explanation import Fact as Fact
from batou.deploy.explain.explanation import Step as Step
from batou.deploy.explain.loading import aside as aside
from batou.deploy.explain.loading import configure as configure
from batou.deploy.explain.loading import load as load
from batou.deploy.explain.loading import unread_notes as unread_notes
from batou.deploy.explain.text import as_text as as_text
