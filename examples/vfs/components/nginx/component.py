from batou.component import Component
from batou.lib.file import File


class Nginx(Component):
    def configure(self):
        self += File("/etc/nginx/nginx.conf", content="worker_processes auto;\n", leading=True)
        self += File("/srv/www/index.html", content="<h1>Hello</h1>\n", leading=True)
