#!/usr/bin/env python3
"""libmail.Bayes: the classifier, from Python."""

import fcntl
import os
import pathlib
import signal
import tempfile
import threading
import time
import unittest

import libmail


def message(words, number):
    return f"From: a{number}@x.example\nSubject: {words}\n\n{words} {number}\n".encode()


HAM = [(message("minutes of the meeting", i), "ham") for i in range(60)]
SPAM = [(message("cheap pills", i), "spam") for i in range(60)]


class Bayes(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = pathlib.Path(folder.name) / "bayes" / "global"

    def test_it_learns_and_forgets(self):
        bayes = libmail.Bayes(self.path)
        self.assertEqual(bayes.classify(HAM[0][0]).verdict, "unsure")
        self.assertEqual(bayes.train(*SPAM[0]), "new")
        self.assertEqual(bayes.train(*SPAM[0]), "unchanged")
        self.assertEqual(bayes.train(SPAM[0][0], "ham"), "moved")
        self.assertEqual((bayes.ham, bayes.spam), (1, 0))
        self.assertEqual(bayes.trained_as(bytearray(SPAM[0][0])), "ham")
        self.assertEqual(bayes.untrain(memoryview(SPAM[0][0])), "ham")
        self.assertEqual(bayes.untrain(SPAM[0][0]), None)
        self.assertEqual((bayes.ham, bayes.spam), (0, 0))
        with self.assertRaises(ValueError):
            bayes.train(b"x", "junk")
        with self.assertRaises(TypeError):
            bayes.train("a str", "ham")

    def test_many_at_once(self):
        bayes = libmail.Bayes(str(self.path))
        self.assertEqual(bayes.train_many(HAM + SPAM + HAM[:1]), ["new"] * 120 + ["unchanged"])
        verdicts = bayes.classify_many([message("minutes", 100), message("pills", 100)])
        self.assertEqual([verdict.verdict for verdict in verdicts], ["ham", "spam"])
        self.assertGreater(verdicts[1].score, 0.9)
        self.assertEqual(bayes.untrain_many([HAM[0][0], b"never seen"]), ["ham", None])
        self.assertEqual(bayes.train_many([]), [])

    def test_another_object_sees_what_was_learned(self):
        writer, reader = libmail.Bayes(self.path), libmail.Bayes(self.path)
        writer.train_many(HAM + SPAM)
        self.assertEqual((reader.ham, reader.spam), (60, 60))
        self.assertEqual(reader.classify(message("pills", 1)), writer.classify(message("pills", 1)))

    def test_control_c_is_heard_while_another_trains(self):
        bayes = libmail.Bayes(self.path)
        bayes.train(*HAM[0])
        with open(f"{self.path}.lock", "r+b") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
            begin = time.monotonic()
            with self.assertRaises(KeyboardInterrupt):
                bayes.train(*SPAM[0])
            self.assertLess(time.monotonic() - begin, 1.3)
        self.assertEqual(bayes.train(*SPAM[0]), "new")

    def test_control_c_is_heard_while_it_learns(self):
        bayes = libmail.Bayes(self.path)
        many = [(message("minutes " + " ".join(f"w{i}x{k}" for k in range(1500)), i), "ham") for i in range(4000)]
        threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
        begin = time.monotonic()
        with self.assertRaises(KeyboardInterrupt):
            bayes.train_many(many)
        self.assertLess(time.monotonic() - begin, 3)
        self.assertLess(bayes.ham, 4000)
        known = bayes.ham
        self.assertGreater(known, 0)  # what it had learned, it keeps
        self.assertEqual(bayes.train_many(many[:known]), ["unchanged"] * known)

    def test_a_user_s_table_and_the_server_s_are_asked_together(self):
        server = libmail.Bayes(self.path)
        server.train_many(HAM[:12] + SPAM[:12])
        own = libmail.Bayes(self.path.parent / "ann", like=server)
        own.train_many([(text, "spam" if label == "ham" else "ham") for text, label in HAM + SPAM])
        mail = message("cheap pills", 100)
        self.assertGreater(server.classify(mail).log_odds, 0)
        both = own.classify(mail, beside=server)
        self.assertLess(both.log_odds, 0)
        self.assertEqual(own.classify_many([mail], beside=server), [both])
        why = own.explain(mail, beside=server)
        self.assertEqual(why.result, both)
        reason = next(reason for reason in why.reasons if reason.token == "pills")
        self.assertEqual((reason.ham, reason.spam), (240, 12))
        with self.assertRaises(libmail.Error):
            own.classify(mail, beside=libmail.Bayes(self.path.parent / "other"))

    def test_an_explanation_adds_up(self):
        bayes = libmail.Bayes(self.path)
        bayes.train_many(HAM + SPAM)
        why = bayes.explain(message("cheap pills for the meeting", 7))
        self.assertEqual(sum((reason.log_odds for reason in why.reasons), 0.0) + why.combination, why.result.log_odds)
        self.assertEqual(why.result, bayes.classify(message("cheap pills for the meeting", 7)))
        by_token = {reason.token: reason for reason in why.reasons}
        self.assertEqual((by_token["pills"].ham, by_token["pills"].spam), (0, 60))
        self.assertGreater(by_token["pills"].log_odds, 0)
        self.assertLess(by_token["meeting"].log_odds, 0)
        self.assertTrue(why.decisive)
        self.assertIn(why.otherwise, {"ham", "unsure", "spam"} - {why.result.verdict})
        self.assertIsNone(libmail.Bayes(self.path.parent / "new").explain(b"x").otherwise)

    def test_tables_to_be_read_together_share_a_key(self):
        first = libmail.Bayes(self.path)
        first.train(*HAM[0])
        second = libmail.Bayes(self.path.parent / "ann", like=first)
        second.train(*HAM[0])
        self.assertEqual(first._database.key(), second._database.key())

    def test_a_damaged_file_is_kept_aside_and_said(self):
        libmail.Bayes(self.path).train(*HAM[0])
        os.truncate(self.path, 20)
        bayes = libmail.Bayes(self.path)
        self.assertIn("global.damaged", bayes.damage)
        self.assertEqual(bayes.classify(HAM[0][0]).verdict, "unsure")
        with self.assertRaises(libmail.Error):
            libmail.Bayes(self.path / "below a file").train(*HAM[0])

    def test_other_threads_run_while_it_works(self):
        bayes = libmail.Bayes(self.path)
        bayes.train_many(HAM + SPAM)
        batch = [message("cheap pills " * 400, i) for i in range(300)]
        steps, stop = [], threading.Event()
        started = threading.Event()

        def work():
            started.set()
            bayes.classify_many(batch)
            stop.set()

        thread = threading.Thread(target=work)
        thread.start()
        started.wait()
        while not stop.is_set():
            steps.append(1)
        thread.join()
        self.assertGreater(len(steps), 0)


if __name__ == "__main__":
    unittest.main()
