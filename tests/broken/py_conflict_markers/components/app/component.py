from batou.component import Component


class App(Component):
<<<<<<< HEAD
    port = 80
=======
    port = 81
>>>>>>> feature
