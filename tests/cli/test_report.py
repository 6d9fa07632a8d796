"""`report`: figures as one JSON line, and the operator's audited export."""

import csv
import json
import stat
from pathlib import Path

import pytest

from bot.domain.message import Dispatch, Recipient, RecipientId, Route
from bot.ports.recipients import ReportRow
from bot.ports.storage import Transaction
from tests.builders import NOW, a_phone, add_campaign, add_plan, later
from tests.cli.terminal import Terminal

HEADER = "phone,dispatch,delivery,code,reason,wamid,route,accepted_at,sent_at,delivered_at,read_at,clicked_at"


def planned(tx: Transaction) -> None:
    add_plan(tx, add_campaign(tx), count=3)


def one_sent(tx: Transaction) -> None:
    """Plan three people, of whom one has read the message and clicked."""
    campaign = add_campaign(tx)
    add_plan(tx, campaign, count=3)
    lease = tx.leases.take("number 1", "test", NOW, 60_000)
    assert lease is not None
    claimed = tx.recipients.claim(campaign.id, 1, lease, NOW)
    (row,) = tx.recipients.get_many([claimed[0].id]).values()
    sending = row._replace(dispatch=Dispatch.SENDING, sending_at=NOW)
    tx.recipients.save([(row, sending)], lease)
    accepted = sending._replace(
        dispatch=Dispatch.ACCEPTED,
        wamid="wamid.HBgL",
        route=Route.MM,
        accepted_at=NOW,
        sent_at=later(1),
        read_at=later(2),
        clicked_at=later(3),
    )
    tx.recipients.save([(sending, accepted)], lease)


def rows_of(path: str) -> list[dict[str, str]]:
    with Path(path).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_the_figures_are_one_json_line(arauto: Terminal):
    arauto.write(one_sent)

    answer = arauto("report", "7Q2K", "--database", arauto.url)

    assert answer.status == 0
    assert answer.out.count("\n") == 1
    line = json.loads(answer.out)
    assert (line["campaign"], line["state"]) == ("7Q2K", "draft")
    assert line["funnel"] == {
        **dict.fromkeys(["failed", "refused", "in_doubt", "expired", "skipped", "lapsed", "meta_clicks", "sending"], 0),
        "planned": 3,
        "waiting": 2,
        "sent": 1,
        "delivered": 1,
        "read": 1,
        "clicked": 1,
    }


def test_a_campaign_is_found_by_its_name_too(arauto: Terminal):
    arauto.write(planned)

    answer = arauto("report", "Spring offer", "--database", arauto.url)

    assert json.loads(answer.out)["campaign"] == "7Q2K"


def test_a_name_that_two_campaigns_bear_needs_the_id(arauto: Terminal):
    arauto.write(planned)
    arauto.write(lambda tx: add_campaign(tx, token="8R3L"))

    answer = arauto("report", "Spring offer", "--database", arauto.url)

    assert answer.status == 2
    assert "7Q2K" in answer.err
    assert "8R3L" in answer.err


def test_an_unknown_campaign_is_one_sentence(arauto: Terminal):
    arauto.write(planned)

    answer = arauto("report", "XXXX", "--database", arauto.url)

    assert (answer.status, answer.out) == (2, "")
    assert answer.err.startswith("There is no campaign “XXXX”")


def test_the_csv_has_one_row_for_every_planned_person(arauto: Terminal):
    arauto.write(one_sent)

    answer = arauto("report", "7Q2K", "--csv", "out.csv", "--database", arauto.url)

    assert answer.status == 0
    assert Path("out.csv").read_text().splitlines()[0] == HEADER
    rows = rows_of("out.csv")
    assert [row["phone"] for row in rows] == [a_phone(n) for n in (1, 2, 3)]
    first = {name: text for name, text in rows[0].items() if text}
    assert first == {
        "phone": a_phone(1),
        "dispatch": "accepted",
        "delivery": "read",
        "wamid": "wamid.HBgL",
        "route": "mm",
        "accepted_at": "2026-11-02T09:00:00Z",
        "sent_at": "2026-11-02T10:00:00Z",
        "read_at": "2026-11-02T11:00:00Z",
        "clicked_at": "2026-11-02T12:00:00Z",
    }
    assert rows[1]["dispatch"] == "planned"


def test_an_export_is_on_record_and_only_its_owner_may_read_it(arauto: Terminal):
    arauto.write(planned)

    arauto("report", "7Q2K", "--csv", "out.csv", "--database", arauto.url)

    last = arauto.read(lambda tx: list(tx.audit.rows()))[-1].entry
    assert (last.actor, last.action, last.subject) == ("cli", "report exported", "campaign 7Q2K")
    assert stat.S_IMODE(Path("out.csv").stat().st_mode) == 0o600


def test_figures_alone_are_no_export(arauto: Terminal):
    arauto.write(planned)

    arauto("report", "7Q2K", "--database", arauto.url)

    assert arauto.read(lambda tx: list(tx.audit.rows())) == []


def test_a_file_that_cannot_be_written_is_one_sentence(arauto: Terminal):
    arauto.write(planned)

    answer = arauto("report", "7Q2K", "--csv", "/nowhere/out.csv", "--database", arauto.url)

    assert answer.status == 2
    assert answer.err.startswith("The file /nowhere/out.csv cannot be written")


@pytest.mark.parametrize("text", ["=1+1", "@SUM(A1)", "-2", "+x", "\tx"])
def test_a_cell_cannot_become_a_formula(text: str):
    row = Recipient(id=RecipientId(1), campaign_id=1, person_id=1, market="Other", reason=text)

    from bot.cli.report import cells

    assert cells(ReportRow(address="+447700900123", recipient=row))[:5] == [
        *("+447700900123", "planned", "none", "", f"'{text}"),
    ]
