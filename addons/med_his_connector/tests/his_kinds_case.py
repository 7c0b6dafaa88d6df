from .common import HisCase
from .samples import dft


class KindsCase(HisCase):
    """The channel of ``HisCase`` with a procedure, its card and a theatre."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.theatre = cls._department("T-OR")
        cls.hernia = cls.env["med.procedure"].create(
            {
                "name": "Hernia repair",
                "code": "T-HERNIA",
                "department_id": cls.theatre.id,
            }
        )
        cls._card(cls.hernia, cls.theatre, {cls.gloves: 4, cls.stent: 1})

    @classmethod
    def _card(cls, procedure, department, quantities):
        card = cls.env["med.preference.card"].create(
            {
                "procedure_id": procedure.id,
                "department_id": department.id,
                "line_ids": [
                    (0, 0, {"product_id": item.id, "quantity": quantity})
                    for item, quantity in quantities.items()
                ],
            }
        )
        card.action_approve()
        return card

    def _own(self, family, piece, **values):
        """Give the channel a place or codes of its own."""
        return self.env["med.his.mapping"].create(
            {
                "channel_id": self.channel.id,
                "family": family,
                "piece": piece,
                **values,
            }
        )

    def _message(self, kind, *segments, control_id="M1", **options):
        options.setdefault("visit", "PV1||I|T-OR" + "|" * 16 + "VISIT-99")
        return dft(*segments, type=kind, control_id=control_id, **options)

    def _siu(self, event, control_id, sent, start="20310301090000", **at):
        """An appointment; ``at`` are procedure, status, room, extra segments."""
        status = at.get("status", "")
        segments = [
            "SCH||APP-1" + "|" * 23 + status,
            "RGS|1",
            f"AIS|1||{at.get('procedure', 'T-HERNIA')}|{start}|||90|min",
            f"AIL|1||{at.get('room', 'T-OR^3')}",
            *at.get("extra", ()),
        ]
        return self._message(
            f"SIU^{event}", *segments, control_id=control_id, time=sent
        )

    def _states(self, *contents):
        return self._process(*contents).mapped("state")
