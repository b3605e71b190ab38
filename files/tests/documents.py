"""Documents with known words, made here."""

import zipfile
from io import BytesIO

from pypdf import PdfWriter
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
A = 'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'
S = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
T = 'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"'


def packed(**files: str) -> bytes:
    """An archive; `__` in a name is a slash, and each ends in .xml but for `mimetype`."""
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            if name == "mimetype":
                archive.writestr(name, content, zipfile.ZIP_STORED)
            else:
                archive.writestr(f"{name.replace('__', '/')}.xml", content)
    return stream.getvalue()


def _office(**files: str) -> bytes:
    return packed(**{"[Content_Types]": "<Types/>", **files})


def docx(*paragraphs: str) -> bytes:
    """A Word document; each paragraph is two runs, parted within a word."""
    said = "".join(
        f"<w:p><w:r><w:t>{words[:3]}</w:t></w:r><w:r><w:t>{words[3:]}</w:t></w:r></w:p>"
        for words in paragraphs
    )
    return _office(word__document=f"<w:document {W}><w:body>{said}</w:body></w:document>")


def xlsx(*cells: str) -> bytes:
    """A workbook whose cells share their strings."""
    said = "".join(f"<si><t>{cell}</t></si>" for cell in cells)
    sheet = f'<worksheet {S}><row><c t="s"><v>0</v></c></row></worksheet>'
    return _office(xl__sharedStrings=f"<sst {S}>{said}</sst>", xl__worksheets__sheet1=sheet)


def pptx(*slides: str) -> bytes:
    """A presentation."""
    return _office(
        **{
            f"ppt__slides__slide{n}": f"<p {A}><a:p><a:r><a:t>{words}</a:t></a:r></a:p></p>"
            for n, words in enumerate(slides)
        }
    )


def odt(*paragraphs: str) -> bytes:
    """A document of LibreOffice."""
    said = "".join(f"<text:p>{words}</text:p>" for words in paragraphs)
    return packed(
        mimetype="application/vnd.oasis.opendocument.text", content=f"<d {T}>meta{said}</d>"
    )


def pdf(*pages: str, password: str = "") -> bytes:
    """A PDF with one line on each page."""
    writer = PdfWriter()
    font = DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Font"),
            NameObject("/Subtype"): NameObject("/Type1"),
            NameObject("/BaseFont"): NameObject("/Helvetica"),
        }
    )
    for words in pages:
        page = writer.add_blank_page(width=300, height=300)
        stream = DecodedStreamObject()
        stream.set_data(f"BT /F1 12 Tf 20 200 Td ({words}) Tj ET".encode())
        fonts = DictionaryObject({NameObject("/F1"): font})
        page[NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): fonts})
        page[NameObject("/Contents")] = writer._add_object(stream)
    if password:
        writer.encrypt(password, algorithm="AES-256")
    made = BytesIO()
    writer.write(made)
    return made.getvalue()
