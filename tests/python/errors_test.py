#!/usr/bin/env python3
"""What libmail raises."""

import os
import pathlib
import tempfile
import unittest

import libmail

KINDS = {
    libmail.InvalidArgument: ("INVALID_ARGUMENT", ValueError),
    libmail.NotFound: ("NOT_FOUND", LookupError),
    libmail.AlreadyExists: ("ALREADY_EXISTS", Exception),
    libmail.PermissionDenied: ("PERMISSION_DENIED", Exception),
    libmail.FailedPrecondition: ("FAILED_PRECONDITION", Exception),
    libmail.ResourceExhausted: ("RESOURCE_EXHAUSTED", Exception),
    libmail.Unavailable: ("UNAVAILABLE", Exception),
    libmail.DeadlineExceeded: ("DEADLINE_EXCEEDED", Exception),
}


class Errors(unittest.TestCase):
    def test_each_kind_is_an_error_with_a_word_and_a_meaning(self):
        for kind, (code, base) in KINDS.items():
            self.assertTrue(issubclass(kind, libmail.Error) and issubclass(kind, base))
            self.assertEqual((kind.code, kind.__module__), (code, "libmail"))
            self.assertTrue(kind.__doc__)
        self.assertEqual(libmail.Error("x").code, "INTERNAL")

    def test_what_the_library_answers_becomes_its_kind_with_what_which_value_and_what_to_do(self):
        with tempfile.TemporaryDirectory() as folder:
            directory = libmail.Directory(folder)
            with self.assertRaisesRegex(libmail.InvalidArgument, "'ann' should include the domain"):
                directory.add_account("ann", "secret")
            with self.assertRaises(libmail.NotFound) as caught:
                directory.delete_account("ann@example.com")
            self.assertFalse(caught.exception.is_temporary)

    def test_a_wrong_type_is_python_s_own_error(self):
        with tempfile.TemporaryDirectory() as folder:
            directory = libmail.Directory(folder)
            for call in (lambda: directory.add_account(5, "x"), lambda: directory.resolve(None),
                         lambda: libmail.Maildir(folder, "ann@example.com", create=True).inbox.append(7)):
                with self.assertRaises(TypeError):
                    call()

    def test_text_that_is_no_unicode_is_refused_and_nothing_crashes(self):
        with tempfile.TemporaryDirectory() as folder:
            directory = libmail.Directory(folder)
            for text in ("\udcff@example.com", "a\0b@example.com", "a\n@example.com", "x" * 100_000 + "@example.com"):
                with self.assertRaises((libmail.InvalidArgument, TypeError, ValueError)):
                    directory.add_account(text, "secret")
                with self.assertRaises((libmail.Error, TypeError, ValueError)):
                    libmail.Maildir(folder, text, create=True)
            self.assertEqual(list(pathlib.Path(folder).glob("*.cf")), [])

    @unittest.skipIf(os.geteuid() == 0, "root may write everywhere")
    def test_a_folder_that_may_not_be_written_is_a_permission(self):
        with tempfile.TemporaryDirectory() as folder:
            os.chmod(folder, 0o500)
            with self.assertRaises(libmail.PermissionDenied):
                libmail.Directory(folder).add_account("ann@example.com", "secret")


if __name__ == "__main__":
    unittest.main()
