"""The operator's way to people's consent: importing files and erasing people."""

import os
import pty
import stat
import subprocess
import sys
from pathlib import Path

from bot.domain.consent import Standing
from bot.services import attending, consenting
from bot.services.recognising import Named
from tests.builders import NOW
from tests.cli.terminal import Terminal

ROOT = Path(__file__).parents[2]
GOOD = "+12025550101"
OTHER = "+12025550102"


def test_good_rows_are_imported_beside_bad_ones_and_every_bad_one_is_reported(arauto: Terminal):
    csv = arauto.file("people.csv", f"phone,name\n{GOOD},Ada\n12,Bob\n{OTHER},\n")

    answer = arauto("optins", "import", csv, "--report", "refused.tsv", "--source", "fair", "--database", arauto.url)

    assert answer.status == 0
    assert answer.out == "3 rows: 2 added, 0 updated, 0 unchanged, 1 refused; 0 stay stopped.\n"
    (line,) = (arauto.folder / "refused.tsv").read_text().splitlines()
    assert line.split("\t")[0] == "3"
    assert line.split("\t")[2] == "12"
    ada = arauto.read(lambda tx: attending.find(tx, GOOD))
    assert ada.person.standing == Standing.OPTED_IN
    assert (ada.history[0].source, ada.history[0].actor) == ("fair", "cli")


def test_importing_the_same_file_again_changes_nothing_and_succeeds(arauto: Terminal):
    csv = arauto.file("people.csv", f"phone,opted_in_at\n{GOOD},2026-01-01\n")
    arauto("optins", "import", csv, "--database", arauto.url)

    again = arauto("optins", "import", csv, "--database", arauto.url)

    assert again.status == 0
    assert again.out.startswith("1 rows: 0 added, 0 updated, 1 unchanged")


def test_a_file_of_bad_rows_alone_ends_with_status_1(arauto: Terminal):
    csv = arauto.file("people.csv", "phone\nnobody\n")

    answer = arauto("optins", "import", csv, "--database", arauto.url)

    assert answer.status == 1
    assert "1 refused" in answer.out


def test_a_file_without_phone_column_is_a_wrong_argument(arauto: Terminal):
    csv = arauto.file("people.csv", "name\nAda\n")

    answer = arauto("optins", "import", csv, "--database", arauto.url)

    assert answer.status == 2
    assert "phone" in answer.err
    assert answer.err.count("\n") == 1


def test_a_dry_run_says_what_would_happen_and_writes_nothing(arauto: Terminal):
    csv = arauto.file("people.csv", f"phone\n{GOOD}\n")

    answer = arauto("optins", "import", csv, "--dry-run", "--database", arauto.url)

    assert answer.status == 0
    assert "1 would be added" in answer.out
    assert arauto.read(lambda tx: tx.people.count()) == 0


def test_a_country_gives_numbers_without_plus_their_code(arauto: Terminal):
    csv = arauto.file("people.csv", "phone\n(202) 555-0101\n")

    without = arauto("optins", "import", csv, "--database", arauto.url)
    with_country = arauto("optins", "import", csv, "--country", "us", "--database", arauto.url)

    assert (without.status, with_country.status) == (1, 0)
    assert arauto.read(lambda tx: tx.people.find(GOOD)) is not None


def test_an_unknown_country_is_a_wrong_argument(arauto: Terminal):
    csv = arauto.file("people.csv", f"phone\n{GOOD}\n")

    answer = arauto("optins", "import", csv, "--country", "UK", "--database", arauto.url)

    assert answer.status == 2
    assert "use GB" in answer.err


def test_only_its_owner_may_read_the_report(arauto: Terminal):
    csv = arauto.file("people.csv", f"phone\n{GOOD}\n{GOOD}\n")

    arauto("optins", "import", csv, "--report", "refused.tsv", "--database", arauto.url)

    assert stat.S_IMODE(Path("refused.tsv").stat().st_mode) == 0o600


def test_a_terminal_gets_a_progress_bar_on_stderr(arauto: Terminal):
    csv = arauto.file("people.csv", f"phone\n{GOOD}\n")
    ours, theirs = pty.openpty()

    ran = subprocess.run(
        [sys.executable, "-m", "bot", "optins", "import", csv],
        env={"PYTHONPATH": str(ROOT), "PATH": "", "TERM": "xterm"},
        stdout=subprocess.PIPE,
        stderr=theirs,
        check=False,
    )
    os.close(theirs)
    shown = os.read(ours, 65_536).decode()
    os.close(ours)

    assert ran.returncode == 0
    assert ran.stdout.startswith(b"1 rows: 1 added")
    assert "Importing" in shown
    assert "100%" in shown


def test_a_stop_is_recorded_and_lifted_by_a_new_consent_with_its_words(arauto: Terminal):
    csv = arauto.file("people.csv", f"phone\n{GOOD}\n")
    arauto("optins", "import", csv, "--database", arauto.url)

    stopped = arauto("optins", "stop", GOOD, "--wording", "no more", "--source", "letter", "--database", arauto.url)
    standing = arauto.read(lambda tx: attending.find(tx, GOOD)).person.standing
    wordless = arauto("optins", "resume", GOOD, "--database", arauto.url)
    resumed = arauto("optins", "resume", GOOD, "--wording", "please do again", "--database", arauto.url)

    found = arauto.read(lambda tx: attending.find(tx, GOOD))
    assert (stopped.status, wordless.status, resumed.status) == (0, 2, 0)
    assert stopped.out == "Stopped. People on record under this number: 1.\n"
    assert standing == Standing.OPTED_IN | Standing.STOPPED
    assert "--wording" in wordless.err
    assert GOOD not in stopped.out + resumed.out
    assert found.person.standing == Standing.OPTED_IN
    assert [(line.kind.value, line.source, line.wording, line.actor) for line in found.history[1:]] == [
        ("stop", "letter", "no more", "cli"),
        ("opt_in", "told us, noted on the command line", "please do again", "cli"),
        ("resume", "told us, noted on the command line", "please do again", "cli"),
    ]


def test_lifting_a_stop_says_where_one_made_in_whatsapp_stays(arauto: Terminal):
    csv = arauto.file("people.csv", f"phone\n{GOOD}\n")
    arauto("optins", "import", csv, "--database", arauto.url)
    said = {"is_stop": True, "at": NOW, "wording": "", "now": NOW}
    arauto.write(lambda tx: consenting.apply_preference(tx, Named(GOOD[1:]), **said))

    alone = arauto("optins", "resume", GOOD, "--wording", "yes", "--database", arauto.url)
    arauto("optins", "stop", GOOD, "--database", arauto.url)
    both = arauto("optins", "resume", GOOD, "--wording", "yes", "--database", arauto.url)

    assert (alone.status, both.status) == (2, 0)
    assert "only they can lift" in alone.err
    assert "only they can lift" in both.out


def test_an_erased_person_is_gone_and_who_did_it_is_on_record(arauto: Terminal):
    csv = arauto.file("people.csv", f"phone,name\n{GOOD},Ada\n")
    arauto("optins", "import", csv, "--database", arauto.url)

    answer = arauto("optins", "erase", GOOD, "--database", arauto.url)

    assert answer.status == 0
    assert GOOD not in answer.out
    assert arauto.read(lambda tx: tx.people.find(GOOD)) is None
    last = arauto.read(lambda tx: list(tx.audit.rows()))[-1].entry
    assert (last.actor, last.action) == ("cli", "person erased")


def test_who_stopped_from_a_number_the_library_refuses_is_erased_as_the_manual_writes_it(arauto: Terminal):
    arauto("migrate", "--database", arauto.url)
    said = {"texts": ["STOP"], "at": NOW, "message_id": "wamid.in", "now": NOW}
    arauto.write(lambda tx: consenting.hear(tx, Named("447700900123"), **said))

    answer = arauto("optins", "erase", "+44 7700 900123", "--database", arauto.url)

    assert answer.status == 0
    assert arauto.read(lambda tx: tx.people.find("+447700900123")) is None


def test_erasing_somebody_unknown_is_one_sentence_without_the_number(arauto: Terminal):
    arauto("migrate", "--database", arauto.url)

    answer = arauto("optins", "erase", GOOD, "--database", arauto.url)

    assert answer.status == 2
    assert "is on record" in answer.err
    assert GOOD not in answer.err


def test_an_import_keeps_a_stop(arauto: Terminal):
    csv = arauto.file("people.csv", f"phone\n{GOOD}\n")
    arauto("optins", "import", csv, "--database", arauto.url)
    person = arauto.read(lambda tx: attending.find(tx, GOOD)).person
    stop = {"source": "letter", "wording": "no more", "at": NOW, "actor": "cli", "now": NOW}
    arauto.write(lambda tx: attending.stop(tx, person.id, **stop))

    answer = arauto("optins", "import", csv, "--database", arauto.url)

    assert answer.out.endswith("1 stay stopped.\n")
    assert arauto.read(lambda tx: attending.find(tx, GOOD)).person.standing & Standing.STOPPED


def test_a_large_file_is_imported_by_two_processes_and_says_the_same(arauto: Terminal):
    people = "".join(f"+1202555{n:04},{'Ada ' * 60}\n" for n in range(10_000))
    csv = arauto.file("people.csv", f"phone,name\n{people}nobody,x\n{GOOD},Last\n")

    first = arauto("optins", "import", csv, "--report", "refused.tsv", "--database", arauto.url)
    again = arauto("optins", "import", csv, "--database", arauto.url)

    assert first.out == "10002 rows: 10000 added, 0 updated, 0 unchanged, 2 refused; 0 stay stopped.\n"
    assert again.out == "10002 rows: 0 added, 0 updated, 10000 unchanged, 2 refused; 0 stay stopped.\n"
    assert len((arauto.folder / "refused.tsv").read_text().splitlines()) == 2
    assert arauto.read(lambda tx: tx.people.find(GOOD)).name == "Last"
