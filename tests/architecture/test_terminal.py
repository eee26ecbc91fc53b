"""What draws on terminals is loaded where there is one, and nowhere else."""

import textwrap


def test_rich_is_not_loaded_without_a_terminal(refusing, tmp_path):
    folder = tmp_path / "environments" / "local"
    folder.mkdir(parents=True)
    (folder / "environment.cfg").write_text(
        "[environment]\nconnect_method = local\n[hosts]\nweb = hello\n"
    )
    folder = tmp_path / "components" / "hello"
    folder.mkdir(parents=True)
    (folder / "component.py").write_text(
        textwrap.dedent(
            """
            from batou.component import Component

            class Hello(Component):
                pass
            """
        )
    )

    printed = refusing(
        "name.split('.')[0] in ('rich', 'pyte')",
        f"""
        import os
        os.environ["APPENV_BASEDIR"] = {str(tmp_path)!r}
        from batou.cli import main
        try:
            main(["deploy", "local"])
        except SystemExit as end:
            assert end.code == 0, end.code
        """,
    )

    assert "DEPLOYMENT FINISHED" in printed
