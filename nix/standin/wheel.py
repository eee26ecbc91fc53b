"""Build and install wheels without pip.

wheel.py build OUT PATH…: the source in the current directory, by its PEP 517 backend
wheel.py install WHEEL OUT PYTHON SITE PATH…: its files, and scripts that see the paths
"""

import configparser
import importlib
import os
import sys
import zipfile


def build(out, *paths):
    import tomllib

    sys.path[:0] = paths
    with open("pyproject.toml", "rb") as file:
        name = tomllib.load(file)["build-system"]["build-backend"]
    os.makedirs(out)
    importlib.import_module(name).build_wheel(out)


def install(wheel, out, python, site, *paths):
    place = os.path.join(out, site)
    os.makedirs(place)
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(place)
        names = archive.namelist()
    data = [name for name in names if ".data/scripts/" in name]
    for name in data:
        with open(os.path.join(place, name), "rb") as file:
            add_script(out, os.path.basename(name), file.read())
    for name in names:
        if name.count("/") == 1 and name.endswith(".dist-info/entry_points.txt"):
            parser = configparser.ConfigParser(delimiters="=")
            parser.optionxform = str
            parser.read(os.path.join(place, name))
            parser.setdefault("console_scripts", {})
            for script, target in parser["console_scripts"].items():
                module, function = target.split("[")[0].strip().split(":")
                text = f"#!{python} -B\nimport sys\nsys.path[1:1] = {[place, *paths]!r}\n"
                text += f"from {module} import {function.split('.')[0]}\nsys.exit({function}())\n"
                add_script(out, script, text.encode())


def add_script(out, name, content):
    path = os.path.join(out, "bin", name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(content)
    os.chmod(path, 0o755)


{"build": build, "install": install}[sys.argv[1]](*sys.argv[2:])
