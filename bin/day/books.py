"""What the day came to: the auditor's workbook and the cost centres' money."""

import io
import zipfile


def workbook(auditor, today):
    """The day's consumption as a workbook, downloaded; its bytes."""
    model = "med.consumption.export.wizard"
    period = {"date_from": str(today), "date_to": str(today)}
    wizard = auditor.call(model, "create", period)
    action = auditor.call(model, "action_download", [wizard])
    content = auditor.download(f"/report/xlsx/{action['report_name']}/{wizard}")
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        if "xl/workbook.xml" not in parts.namelist():
            raise ValueError("The download is no workbook.")
    return content


def spent(finance, today):
    """Cost of the day's use, as the cost centres bear it."""
    [row] = finance.call(
        "account.analytic.line",
        "formatted_read_group",
        [("category", "=", "med_consumption"), ("date", "=", str(today))],
        [],
        ["amount:sum"],
    )
    return round(-(row["amount:sum"] or 0.0), 2)
