"""Components: the pieces that deployments are made of."""

import batou.c as _c
from batou.component.attribute import NO_DEFAULT as NO_DEFAULT
from batou.component.attribute import Attribute as Attribute
from batou.component.attribute import ConfigString as ConfigString
from batou.component.component import Component as Component
from batou.component.component import HookComponent as HookComponent
from batou.component.definition import ComponentDefinition as ComponentDefinition
from batou.component.definition import load_components_from_file as load_components_from_file
from batou.component.events import check_event_scope as check_event_scope
from batou.component.events import handle_event as handle_event
from batou.component.expansion import batou_generated_header as batou_generated_header
from batou.component.platforms import platform as platform
from batou.component.root import RootComponent as RootComponent

del _c
