"""Checks the links of Markdown files: links.py DIRECTORY prints a line for each link that leads nowhere, and the number of links.

A link to a file must name a file of the checkout, one to a heading ("#name") a heading of that file, as GitHub names them. A link to the
network is not followed; it must be https. Code is no link.
"""
import os
import re
import sys
import unicodedata
from urllib.parse import unquote

FENCE = re.compile(r'^\s*(```|~~~)')
HEADING = re.compile(r'^#{1,6}\s+(.*?)\s*#*$')
LINK = re.compile(r'!?\[(?:[^][]|\[[^]]*\])*\]\(\s*<?([^)\s>]+)>?(?:\s+"[^"]*")?\s*\)')
REFERENCE = re.compile(r'^\s{0,3}\[[^]]+\]:\s*<?(\S+?)>?(?:\s+"[^"]*")?\s*$')
HTML = re.compile(r'<(?:a|img)\b[^>]*?\b(?:href|src)="([^"]*)"', re.I)
NAMED = re.compile(r'<a\b[^>]*?\b(?:id|name)="([^"]*)"', re.I)


def prose(path):
    """Yields (number, line) of what is not in a block of code."""
    inside = False
    with open(path, encoding='utf-8') as file:
        for number, line in enumerate(file, 1):
            if FENCE.match(line):
                inside = not inside
            elif not inside:
                yield number, line.rstrip('\n')


def slug(heading):
    """The name that GitHub gives to a heading."""
    text = re.sub(r'!?\[([^]]*)\]\([^)]*\)', r'\1', heading).replace('`', '').lower()
    kept = [c for c in text if c in ' -_' or unicodedata.category(c)[0] in 'LN']
    return ''.join(kept).replace(' ', '-')


def anchors(path):
    names = {}
    for _, line in prose(path):
        for name in NAMED.findall(line):
            names[name] = 1
        heading = HEADING.match(line)
        if heading:
            name = slug(heading.group(1))
            count = names.get(name, 0)
            names[name] = count + 1
            if count:
                names[f'{name}-{count}'] = 1
    return names


def links(path):
    for number, line in prose(path):
        bare = re.sub(r'`[^`]*`', '``', line)
        for pattern in (LINK, REFERENCE, HTML):
            for target in pattern.findall(bare):
                yield number, target


def fault(path, target):
    """What is wrong with a link from PATH; None if nothing is."""
    if re.match(r'[a-z]+:', target):
        return None if target.startswith(('https://', 'mailto:')) else 'is not https'
    name, _, anchor = unquote(target).partition('#')
    file = os.path.normpath(os.path.join(os.path.dirname(path), name)) if name else path
    if not os.path.exists(file):
        return 'there is no such file'
    if anchor and (not file.endswith('.md') or anchor not in anchors(file)):
        return 'there is no such heading'
    return None


def documents():
    for folder, folders, files in os.walk('.'):
        folders[:] = [name for name in folders if name not in ('.git', 'build')]
        for name in files:
            if name.endswith('.md'):
                yield os.path.normpath(os.path.join(folder, name))


def main():
    os.chdir(sys.argv[1])
    count = 0
    for path in sorted(documents()):
        for number, target in links(path):
            count += 1
            why = fault(path, target)
            if why:
                print(f'{path}:{number}: {target}: {why}')
    print(f'{count} links')


main()
