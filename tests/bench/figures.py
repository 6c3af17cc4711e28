Found = dict


def tables(*a):
    return []
