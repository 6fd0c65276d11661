"""Writes the template that `sam local` serves: the real one with the development build and running stack.

Reads one JSON request from standard input; writes the template as JSON, which is YAML too, to standard
output.
"""

import json
import sys
from pathlib import Path

from samtranslator.yaml_helper import yaml_parse


def main():
    request = json.load(sys.stdin)
    template = yaml_parse(Path(request["template"]).read_text(encoding="utf-8"))
    template["Parameters"]["Architecture"]["Default"] = request["architecture"]
    # SAM passes to a function only variables that the template declares (aws-sam-cli#381). Without its
    # endpoint a function would call the real AWS.
    template["Globals"]["Function"]["Environment"]["Variables"].update(request["connection"])
    for logical_id, name in request["functions"].items():
        properties = template["Resources"][logical_id]["Properties"]
        # One folder for all: the handler's name tells the one program which function it is.
        properties.update({"CodeUri": request["code"], "Handler": name})
    json.dump(template, sys.stdout, indent=2)


main()
