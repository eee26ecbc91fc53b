"""Names and values as SQL, and what psql complains about without what it was told."""

import re


def identifier(name: str) -> str:
    """*name* as the name of a role, a database or something in it.

    >>> identifier('a"b')
    '"a""b"'
    """
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """*text* as an SQL string, for a session with standard_conforming_strings.

    >>> literal("it's")
    "'it''s'"
    """
    return "'" + text.replace("'", "''") + "'"


def without_statement(message: str) -> str:
    """What psql prints, without the words of the statement that it failed on.

    >>> without_statement('psql:<stdin>:3: ERROR:  syntax error at or near "s3cret"')
    'ERROR:  syntax error at or near "…"'
    """
    message = re.sub(r"^psql:<stdin>:\d+: ", "", message, flags=re.M)
    return re.sub(r'at or near ".*"', 'at or near "…"', message)
