/**
 * The `pip` of a fresh Python environment in an image: two small files that stand where pip will be.
 *
 * What this machine's Python has already needs no pip: the stand-in says so and is done, without network and in no time.
 * Everything else it leaves to the real pip, which it installs first (`ensurepip`), replacing itself.
 */

/** For `bin/pip`: finds the Python beside it, wherever the environment lies. */
export const PIP_SCRIPT = '#!/bin/sh\nexec "$(dirname -- "$(readlink -f -- "$0")")/python3" -m pip "$@"\n';

/** For `site-packages/pip/__main__.py`. Exit codes and words are pip's. */
export const PIP_MAIN = `import importlib.metadata, os, re, shutil, subprocess, sys

KNOWN = {"-q", "--quiet", "--no-cache-dir", "--user", "--no-input", "--disable-pip-version-check", "--no-warn-script-location",
         "--break-system-packages", "--no-compile", "--prefer-binary"}


def numbers(version):
    return [int(part) for part in re.findall(r"\\d+", re.split(r"[a-zA-Z+-]", version)[0])]


def satisfies(version, specifier):
    have = numbers(version)
    for clause in filter(None, (part.strip() for part in specifier.split(","))):
        match = re.fullmatch(r"(==|>=|<=|!=|~=|>|<)\\s*([\\d.]+)(\\.\\*)?", clause)
        if not match:
            return False
        operator, text, wild = match.groups()
        want = numbers(text)
        length = len(want) if wild else max(len(want), len(have))
        a = (have + [0] * length)[:length]
        b = (want + [0] * length)[:length]
        prefix = want[:-1]
        if not {"==": a == b, "!=": a != b, ">=": a >= b, "<=": a <= b, ">": a > b, "<": a < b,
                "~=": a >= b and have[:len(prefix)] == prefix}[operator]:
            return False
    return True


def lines_of(path):
    with open(path, encoding="utf-8") as file:
        for line in file:
            line = re.sub(r"(^|\\s)#.*$", "", line).strip()
            if line:
                yield line


def requirements(arguments):
    """The requirements that are named, or None when only the real pip understands the arguments."""
    found, rest = [], list(arguments)
    while rest:
        word = rest.pop(0)
        if word in KNOWN:
            continue
        if word in ("-r", "--requirement") and rest:
            found.extend(lines_of(rest.pop(0)))
        elif word.startswith("-"):
            return None
        else:
            found.append(word)
    return found


def present(requirement):
    match = re.fullmatch(r"([A-Za-z0-9][\\w.-]*)\\s*([<>=!~].*)?", requirement)
    if not match:
        return None
    try:
        found = importlib.metadata.distribution(match.group(1))
    except importlib.metadata.PackageNotFoundError:
        return None
    if not satisfies(found.version, match.group(2) or ""):
        return None
    return "Requirement already satisfied: %s in %s (%s)" % (requirement, found.locate_file(""), found.version)


def main(arguments):
    if arguments[:1] == ["install"]:
        wanted = requirements(arguments[1:])
        said = [present(each) for each in wanted] if wanted else [None]
        if all(said):
            print("\\n".join(said), flush=True)
            return 0
    here = os.path.dirname(os.path.abspath(__file__))
    aside = here + ".stand-in"
    os.rename(here, aside)
    made = subprocess.run([sys.executable, "-m", "ensurepip", "--default-pip"], capture_output=True, text=True)
    if made.returncode != 0:
        os.rename(aside, here)
        print("ERROR: this machine's Python cannot install pip (on Debian: apt-get install python3-venv), and it does not have"
              " what was asked for: " + " ".join(arguments), file=sys.stderr)
        return 1
    shutil.rmtree(aside)
    return subprocess.run([sys.executable, "-m", "pip", *arguments]).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
`;
