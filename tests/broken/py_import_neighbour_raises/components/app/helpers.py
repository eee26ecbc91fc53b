def port(text):
    return int(text)


PORT = port("eighty")
