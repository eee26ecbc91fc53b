from batou.component import Component

return Component
