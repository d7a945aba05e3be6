"""`farm schema`: the JSON Schemas that editors complete and check manifests with."""

from pathlib import Path
from typing import Annotated

import typer


def schema(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder to write into.")] = Path("schemas"),
) -> None:
    """Write the JSON Schemas of manifests."""
    from farm.manifest.schema import write_schemas

    for path in write_schemas(folder):
        typer.echo(str(path))
