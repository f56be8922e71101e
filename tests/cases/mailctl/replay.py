"""mailctl spam replay: scores as the benchmark wants them, made before any later label was seen.

usage: replay.py MAILCTL
"""
import pathlib
import subprocess
import sys
import tempfile


def replay(mailctl, lines):
    done = subprocess.run([mailctl, "spam", "replay"], input="".join(line + "\n" for line in lines), text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False, timeout=120)
    return done.returncode, done.stdout.splitlines(), done.stderr


def main(mailctl):
    with tempfile.TemporaryDirectory() as folder:
        paths = []
        for i in range(60):
            words = "cheap pills casino" if i % 2 else "meeting notes tomorrow"
            path = pathlib.Path(folder) / f"message {i}"
            path.write_text(f"From: a{i}@x.example\nSubject: {words}\n\n{words} {i}\n")
            paths.append(path)
        labels = ["spam" if i % 2 else "ham" for i in range(60)]
        lines = [f"O {label} {path}" for label, path in zip(labels, paths)]
        code, scores, said = replay(mailctl, lines)
        assert code == 0 and len(scores) == 60, (code, said)
        for label, path, line in zip(labels, paths, scores):
            name, told, score, verdict = line.rsplit(" ", 3)
            assert (name, told) == (str(path), label) and verdict in ("ham", "unsure", "spam"), line
            float(score)
        assert scores[58].endswith(" ham") and scores[59].endswith(" spam"), scores[58:]

        # Other labels from the k-th line on: scores up to it stay, since its own is not read before.
        for k in (1, 20, 40):
            others = [f"O {'ham' if label == 'spam' and i >= k else 'spam' if i >= k else label} {path}"
                      for i, (label, path) in enumerate(zip(labels, paths))]
            _, changed, _ = replay(mailctl, others)
            split = [[line.rsplit(" ", 3)[2:] for line in run[:k + 1]] for run in (scores, changed)]
            assert split[0] == split[1], k
            assert [line.rsplit(" ", 2)[1] for line in scores[k + 1:]] != [line.rsplit(" ", 2)[1] for line in changed[k + 1:]]

        _, trained_only, _ = replay(mailctl, [f"T ham {paths[0]}", f"C spam {paths[1]}"])
        assert len(trained_only) == 1
        for bad in ("O ham", "X ham /dev/null", "O maybe " + str(paths[0]), "C ham " + folder + "/nowhere"):
            code, _, said = replay(mailctl, [bad])
            assert code == 1 and said.startswith("mailctl: "), (bad, code, said)
    print("scores came before labels")


if __name__ == "__main__":
    main(sys.argv[1])
