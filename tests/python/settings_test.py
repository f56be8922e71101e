#!/usr/bin/env python3
"""libmail.Settings: values, where they come from, what they mean."""

import pathlib
import tempfile
import unittest

import libmail


class Settings(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        (self.folder / "mailserver.env").write_text(
            "# mine\nPOSTFIX_MESSAGE_SIZE_LIMIT=1000\nENABLE_POP3=1\nLOG_LEVEL=loud\nTYPO_SETTING=1\n")
        (self.folder / "postfix-main.cf").write_text("recipient_delimiter = -\n")

    def test_each_has_its_value_its_origin_and_its_documentation(self):
        settings = libmail.Settings(self.folder, {"ENABLE_POP3": "0", "PATH": "/bin"})
        size = settings["POSTFIX_MESSAGE_SIZE_LIMIT"]
        self.assertEqual((size.value, size.kind, size.source), (1000, "number", "mailserver.env:2"))
        self.assertEqual((settings["ENABLE_POP3"].value, settings["ENABLE_POP3"].source), (False, "environment"))
        self.assertEqual((settings["RECIPIENT_DELIMITER"].value, settings["RECIPIENT_DELIMITER"].source),
                         ("-", "postfix-main.cf:1"))
        level = settings["LOG_LEVEL"]
        self.assertEqual((level.value, level.is_set, level.source), (level.default, False, ""))
        self.assertIn("warn", level.choices)
        self.assertTrue(all(setting.documentation for setting in settings.values()))

    def test_what_is_wrong_is_told_with_its_line(self):
        found = {(diagnostic.file, diagnostic.line) for diagnostic in libmail.Settings(self.folder).diagnostics}
        self.assertLessEqual({("mailserver.env", 4), ("mailserver.env", 5)}, found)

    def test_it_is_a_mapping_of_every_setting(self):
        settings = libmail.Settings(self.folder)
        self.assertEqual(list(settings), sorted(settings))
        self.assertIn("OVERRIDE_HOSTNAME", settings)
        self.assertNotIn("TYPO_SETTING", settings)
        self.assertIsNone(settings.get("TYPO_SETTING"))
        with self.assertRaises(LookupError):
            settings["TYPO_SETTING"]
        with self.assertRaisesRegex(libmail.NotFound, "/nowhere"):
            libmail.Settings("/nowhere")


if __name__ == "__main__":
    unittest.main()
