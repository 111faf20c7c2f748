def configure(parser):
    parser.describe([])


def run(args):
    return 0
