"""The demo's words: who there is, and what they say to each other."""

from dataclasses import dataclass
from datetime import datetime

from accounts.models import BusinessRole

COPENHAGEN = "Europe/Copenhagen"
HOUSE = "Lindqvist & Raman"

# Address before the @, name, organisation, role, time zone.
PEOPLE = [
    ("admin", "Alma Berg", HOUSE, BusinessRole.ADMIN, COPENHAGEN),
    ("consultant", "Mara Lindqvist", HOUSE, BusinessRole.INTERNAL_ENGINEER, COPENHAGEN),
    ("colleague", "Priya Raman", HOUSE, BusinessRole.INTERNAL_PM, COPENHAGEN),
    ("client", "Tomas Okafor", "Northwind", BusinessRole.CLIENT_USER, "Europe/Lisbon"),
    ("manager", "Helen Brandt", "Northwind", BusinessRole.CLIENT_ADMIN, "Europe/Lisbon"),
    ("outsider", "Jonas Weber", "Halden Clinic", BusinessRole.CLIENT_USER, "Europe/Oslo"),
]  # fmt: skip
ADDRESSES = [f"{place}@demo.test" for place, *_ in PEOPLE]


@dataclass
class Line:
    """Something said, so many minutes after the beginning.

    ``reply_to`` is the number of an earlier line. ``first`` is what it said before an edit.
    """

    minute: int
    who: str
    body: str
    reply_to: int | None = None
    first: str = ""
    is_deleted: bool = False


@dataclass
class Story:
    """A consultation that has begun: when, what was said, when it ended if it has.

    ``unread_by`` and ``unread`` leave somebody the last lines to read.
    """

    began_at: datetime
    lines: list[Line]
    ended_at: datetime | None = None
    unread_by: str = ""
    unread: int = 0


IMPORT_AGENDA = [
    ("Where we stand", 10),
    ("Field mapping", 15),
    ("Dry run with August", 20),
    ("Decisions and dates", 15),
]

PARSER = '''Your dates, read in one place, so that nothing guesses:

```python
def ordered_on(text: str) -> date:
    """Day first, as Northwind writes it: 03/08/26 is the third of August."""
    return datetime.strptime(text.strip(), "%d/%m/%y").date()
```'''

IMPORT_LINES = [
    Line(1, "consultant", "Hello Tomas. Three things for today: which columns we keep, what makes "
         "two orders the same, and the week of the cut-over."),
    Line(2, "client", "Good. Our list is down to **23 columns**. The other nine nobody has filled "
         "in since spring."),
    Line(5, "consultant", "Then this is the mapping:\n\n- `order_no`, `ordered_on`, `customer`: "
         "needed, a row without them is refused\n- `ship_to`: taken from the customer when "
         "empty\n- `remark`: kept as it is"),
    Line(11, "client", "The August sheet has dates like `03/08/26`. Is that March or August for "
         "the import?"),
    Line(13, "consultant", "Day first, your whole sheet is. I set it in the mapping.", reply_to=3,
         first="Day first. I set it in the mapping."),
    Line(14, "consultant", PARSER),
    Line(19, "client", "This is July, wait, wrong file.", is_deleted=True),
    Line(22, "client", "Ran it with August. This is what it says:\n\n```\n11806 imported\n"
         "  254 refused\n   38 duplicate order_no\n```"),
    Line(26, "client", "The 38 are split deliveries, I think. Two rows, one order, two dates. "
         "Could the rule be number and date together?"),
    Line(27, "consultant", "That fits what I see in the file. I will add a dry run with both "
         "columns before we decide.", reply_to=8),
    Line(30, "client", "Four orders have no customer. I look them up by Tuesday."),
    Line(32, "client", "> nobody edits the sheets after the cut-over\n\nWho tells the warehouse? "
         "They still write into them on Mondays."),
]  # fmt: skip

EXPORT_AGENDA = [("What is in the sheets", 20), ("What must move", 15), ("Next steps", 10)]

EXPORT_LINES = [
    Line(3, "client", "There are fourteen sheets, one for each month. The first two were kept by "
         "somebody who has left."),
    Line(7, "consultant", "Do the totals of those two agree with the ledger?"),
    Line(16, "client", "To the cent, I have just added them up.", reply_to=1),
    Line(31, "consultant", "Then all fourteen move, and the old sheets stay readable until the "
         "end of January."),
    Line(44, "consultant", "Next: you bring the list of columns that are still in use, I bring a "
         "first import of August."),
]  # fmt: skip

LIST_LINES = [
    Line(0, "consultant", "Write here whenever one turns up. I answer twice a day."),
    Line(95, "manager", "Two customers share the number `20417`: the shop and its warehouse. One "
         "record or two?"),
    Line(240, "consultant", "Two, with the shop as the parent. The invoice address stays with the "
         "shop.", reply_to=1),
    Line(1290, "client", "Then `18822` is the same case. I marked both in the list."),
]  # fmt: skip
