"""Recounts an exported study as the published study's scripts read their own files: with the standard library alone.

Usage: recount-published.py ROOT RUN

ROOT holds extract/ and log/; RUN is the run's folder below them. Prints one JSON object. Nothing here is taken from those
scripts: it is written from their formats (docs/published-study.md), with their ways of reading, one file after the other.
"""

import hashlib
import json
import linecache
import os
import re
import sys


def count_log(path):
    """What one log counts: a block is kept when the next one begins, and sides are told by a word in the line."""
    kept, counts, fingerprint = {}, None, None
    with open(path) as log:
        for line in log.readlines():
            if "duplicate lines with fingerprint" in line:
                if counts and counts["extract"] > 0 and counts["train"] > 0:
                    kept[fingerprint] = counts
                fingerprint = line.split("fingerprint ")[1].split(" in")[0]
                n_lines = int(line.split(" duplicate")[0].split("Found ")[1])
                counts = kept.get(fingerprint, {"train": 0, "extract": 0, "len": n_lines})
                continue
            if "/clone/" in line:
                counts["train"] += 1
            if "/extract/" in line:
                counts["extract"] += 1
    return kept


def merge_counts(logs):
    merged = {}
    for log in logs:
        for fingerprint, counts in log.items():
            known = merged.setdefault(fingerprint, {"train": 0, "extract": 0, "len": counts["len"]})
            known["train"] += counts["train"]
            known["extract"] += counts["extract"]
    return merged


def texts_of_log(path):
    """Each shared fragment's text, looked up in the file of its first place; and the places in the merged file."""
    texts, places = {}, []
    fingerprint, text, inside, sides = None, None, [], set()
    with open(path) as log:
        for line in log.readlines():
            line = line.strip()
            if line.startswith("Found"):
                if len(sides) == 2:
                    texts[fingerprint] = text
                    places.extend(inside)
                found = re.search(r"fingerprint\s+([a-fA-F\d]{32})", line)
                fingerprint = found.group(1) if found else None
                text, inside, sides = None, [], set()
            elif line.startswith("Between"):
                first, last, file = re.search(r"Between lines (\d+) and (\d+) in (.+)", line).groups()
                if text is None:
                    text = "".join(linecache.getlines(file)[int(first) - 1 : int(last)])
                is_output = "all" in file.split("/")[-1]
                sides.add(is_output)
                if is_output:
                    inside.append((int(first), int(last)))
    return texts, places


def texts_of_analysis(path):
    with open(path) as file:
        content = file.read()
    pattern = r">>>>>>>>>>fingerprints (\w+) >>>>>>>>>>>>>\n(.*?)<<<<<<<<<<fingerprints \1 <<<<<<<<<<"
    return dict(re.findall(pattern, content, re.DOTALL))


def outputs_of_merged(results):
    """Each output by its number: the map's lines of the merged file, its digest checked, and the number of the file it came from."""
    with open(os.path.join(results, "map.json")) as file:
        ranges = json.load(file)
    with open(os.path.join(results, "all")) as file:
        lines = file.readlines()
    owners, outputs = {}, {}
    for number, entry in ranges.items():
        part = lines[entry["start"] - 1 : entry["end"]]
        digest = re.fullmatch(r"Submission>+([0-9a-f]{32})>+Submission\n", part[-1]).group(1)
        text = "".join(part[:-1])[:-1]
        assert digest == entry["md5"] == hashlib.md5(text.encode("utf-8")).hexdigest(), number
        outputs[number] = text
        for line in range(entry["start"], entry["end"] + 1):
            owners[line] = number
    assert len(owners) == len(lines)
    return outputs, owners


def outputs_of_folders(results):
    """Each output by its number, its empty lines left out, and the prompt of its folder."""
    outputs, prompts = {}, {}
    folders = [os.path.join(results, name) for name in ("seperate", "separate")]
    internet = os.path.join(results, "internet")
    if os.path.isdir(internet):
        folders += [os.path.join(internet, name) for name in os.listdir(internet)]
    for folder in filter(os.path.isdir, folders):
        prompt = None
        if os.path.exists(os.path.join(folder, "prompts.txt")):
            with open(os.path.join(folder, "prompts.txt"), newline="") as file:
                prompt = file.read()
            assert os.path.basename(folder) == hashlib.sha1(prompt.encode("utf-8")).hexdigest()
        for name in filter(str.isdigit, os.listdir(folder)):
            with open(os.path.join(folder, name)) as file:
                outputs[name] = "".join(line for line in file.readlines() if line != "\n")
            prompts[name] = prompt
    return outputs, prompts


def main(root, run):
    results = os.path.join(root, "extract", "results", run)
    logs = os.path.join(root, "log", "save", run)
    names = sorted(name for name in os.listdir(logs) if name.endswith(".log"))
    with open(os.path.join(logs, "stats", "memorization.json")) as file:
        stored = json.load(file)
    merged, owners = outputs_of_merged(results)
    separate, prompts = outputs_of_folders(results)
    assert merged == separate
    all_texts, memorised = {}, set()
    for name in names:
        texts, places = texts_of_log(os.path.join(logs, name))
        assert texts == texts_of_analysis(os.path.join(logs, "analyze", name.replace(".log", ".txt"))), name
        all_texts.update(texts)
        memorised.update(int(owners[first]) for first, _ in places)
        assert all(owners[first] == owners[last] for first, last in places)
    assert all_texts == texts_of_analysis(os.path.join(logs, "analyze", "all.txt"))
    with open(os.path.join(logs, "analyze", "extract_prompt.json")) as file:
        extracted = json.load(file)
    for key, entry in extracted.items():
        assert key == hashlib.sha1(entry["prompt"].encode("utf-8")).hexdigest()
    occurrences = [entry["occurrence"] for entry in extracted.values()]
    assert occurrences == sorted(occurrences, reverse=True)
    logs_counted = [count_log(os.path.join(logs, name)) for name in names]
    print(
        json.dumps(
            {
                "stored": stored,
                "counted": merge_counts(logs_counted),
                "nLogs": {key: sum(key in log for log in logs_counted) for key in stored},
                "outputs": len(merged),
                "prompts": prompts,
                "memorised": sorted(memorised),
                "fragments": sorted(all_texts),
                "extracted": {entry["fingerprints"]: entry["prompt"] for entry in extracted.values()},
                "texts": all_texts,
            }
        )
    )


main(sys.argv[1], sys.argv[2])
