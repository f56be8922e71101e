"""mailctl spam replay on a real corpus: two wrong labels in a hundred cost little. The corpus is not in the repository:
$MAIL_SUITES/../corpora, else ../shared/corpora beside the checkout.

usage: wrong_labels.py MAILCTL
"""
import bisect
import os
import pathlib
import random
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[3]
SKIPPED = 77
SEED = 3


def outcome(mailctl, trained, asked):
    lines = [f"T {label} {path}" for label, path in trained] + [f"C {label} {path}" for label, path in asked]
    done = subprocess.run([mailctl, "spam", "replay"], input="".join(line + "\n" for line in lines), text=True,
                          stdout=subprocess.PIPE, check=True, timeout=250)
    scores = {"ham": [], "spam": []}
    called_spam = 0
    for line in done.stdout.splitlines():
        _, label, score, verdict = line.rsplit(" ", 3)
        scores[label].append(float(score))
        called_spam += label == "ham" and verdict == "spam"
    ham = sorted(scores["ham"])
    above = sum(len(ham) - bisect.bisect_left(ham, score) for score in scores["spam"])
    return 100 * above / len(ham) / len(scores["spam"]), 100 * called_spam / len(ham)


def main(mailctl):
    suites = os.environ.get("MAIL_SUITES")
    shared = pathlib.Path(suites).parent if suites else ROOT.parent / "shared"
    folder = shared / "corpora/spamassassin"
    messages = [(label, path) for label in ("ham", "spam") for path in sorted((folder / label).glob("*.eml"))]
    if not messages:
        print(f"{folder} is missing")
        return 1 if os.environ.get("MAIL_SUITES_REQUIRED") == "1" else SKIPPED
    chance = random.Random(SEED)
    chance.shuffle(messages)
    trained, asked = messages[:len(messages) * 2 // 3], messages[len(messages) * 2 // 3:]
    wrong = set(chance.sample(range(len(trained)), len(trained) // 50))
    noisy = [({"ham": "spam", "spam": "ham"}[label] if i in wrong else label, path)
             for i, (label, path) in enumerate(trained)]
    area, fpr = outcome(mailctl, trained, asked)
    noisy_area, noisy_fpr = outcome(mailctl, noisy, asked)
    print(f"1-ROCA {area:.4f} %, ham called spam {fpr:.2f} %; with {len(wrong)} wrong labels {noisy_area:.4f} %, {noisy_fpr:.2f} %")
    assert area < 0.06 and fpr < 0.3, (area, fpr)
    assert noisy_area < 0.15 and noisy_fpr < 0.5, (noisy_area, noisy_fpr)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
