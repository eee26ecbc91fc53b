import argparse

parser = argparse.ArgumentParser()
parser.add_argument("--port", required=True)
options = parser.parse_args()
