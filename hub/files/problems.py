"""What can be wrong with a file as a whole: one text for each problem, which says what to do about it.

No text holds a value of the file, so that each may be kept and shown to whoever sent it.
"""

# Sorted by code. {line} counts from 1, {n} is a bound, {encoding} and {guess} are names of encodings.
TEXTS = {
    "cell_too_long": "A cell of the row that begins in line {line} has more than {n} characters."
    " Shorten it, or close the quotation mark that it begins with.",
    "cut_off": "The file ends in the middle: its end was lost on the way. Pack it anew, and send all of it.",
    "empty_file": "The file has no rows. Send one that has a header and rows below it.",
    "encrypted": "The workbook is protected by a password. Save it without one, and send it again.",
    "formula_without_value": "Row {line} has a formula whose result is not in the file. Open the workbook in Excel or"
    " LibreOffice, save it there, and send it again.",
    "inflates_too_much": "Unpacked the file is far larger than a file of records can be. Send it in several files.",
    "line_too_long": "Line {line} has more than {n} bytes. Send one record a line, with a line end after each.",
    "no_delimiter": "A delimiter is one character, no letter, digit, blank or quotation mark: for example , or ;.",
    "no_quote": "A quotation mark is \" or ', or nothing where there is none. Declare one of these.",
    "no_sheet": "The workbook has no visible sheet of that name. Name one that it has, or put the table on the first.",
    "not_encoded": "Line {line} is not {encoding} text. Declare the encoding that the file has, or save it as UTF-8.",
    "not_gzip": "The file is not valid gzip. Pack it anew with gzip, or send it unpacked.",
    "not_utf8": "The file is not UTF-8. Save it as UTF-8, and send it again.",
    "not_utf8_maybe": "Line {line} is not UTF-8. It looks like {guess}: declare the encoding {guess},"
    " or save the file as UTF-8.",
    "not_xlsx": "The file is not an XLSX workbook. Save it as “Excel workbook (.xlsx)” or as CSV, and send that.",
    "not_xlsx_but_ods": "The file is an OpenDocument sheet (.ods). Save it as “Excel workbook (.xlsx)” or as CSV,"
    " and send that.",
    "not_xlsx_but_xls": "The file is a workbook of Excel 97 to 2003 (.xls). Save it as “Excel workbook (.xlsx)” or as"
    " CSV, and send that.",
    "not_zstd": "The file is not valid zstd. Pack it anew with zstd, or send it unpacked.",
    "row_too_long": "The row that begins in line {line} has more than {n} characters."
    " Close the quotation mark that was opened in it, or split the row.",
    "sheet_too_large": "Unpacked the workbook is too large to be read. Save its sheet as CSV, and send that.",
    "sheet_too_long": "The sheet has more than {n} rows, and Excel would not open it. Send it as CSV.",
    "too_many_columns": "The row in line {line} has more than {n} columns. Send only the columns that are records'"
    " fields, or declare the delimiter that the file has.",
    "too_many_members": "The file is packed in more than {n} pieces. Pack it as a whole, and send it again.",
    "unclosed_quote": "The quotation mark that opens in the row in line {line} is never closed."
    " Close it, or double the quotation marks inside of cells.",
    "unknown_encoding": "The encoding is not known here. Declare one of these: {known}.",
    "unknown_packing": "A file may be packed with gzip or zstd. Pack it so, or send it unpacked.",
    "window_too_large": "The file is packed with a window of more than {n} MB. Pack it without --long and --ultra.",
}


class FileProblem(Exception):
    """A file cannot be read, or not on from here: a stable code, and a text for whoever sent it, without values."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code, self.text = code, text


def problem(code: str, **said: object) -> FileProblem:
    """Return the problem of a code, its text filled with numbers and names of encodings, never with values."""
    numbers = {name: f"{value:,}" if isinstance(value, int) else value for name, value in said.items()}
    return FileProblem(code, TEXTS[code].format(**numbers))
