from batou import component


class App(component.Componet):
    pass
