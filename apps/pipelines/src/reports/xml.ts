import { SaxesParser, type SaxesTagPlain } from 'saxes'
import { ReportError } from './report-error.ts'

export type XmlHandlers = {
  /** `parents` are the names of the elements around it, the root first. */
  open(tag: SaxesTagPlain, parents: readonly string[]): void
  text?(text: string): void
  close?(name: string, parents: readonly string[]): void
}

type XmlRules = {
  elementsMax: number
  /** `named`: a document type may be named, as JaCoCo and Cobertura do; it is not fetched and may declare nothing. */
  documentType: 'refused' | 'named'
}

const depthMax = 32
const attributesMax = 50
const pieceChars = 65_536
const namedOnly = /^\s*[A-Za-z][\w.-]*\s+(?:SYSTEM|PUBLIC\s+(?:"[^"]*"|'[^']*'))\s+(?:"[^"]*"|'[^']*')\s*$/

/**
 * Reads an XML document as a stream. Nothing outside of it is fetched and no entity but XML's own five is known. Throws
 * ReportError for what is not well-formed, declares something, is too deep or too large; and what the handlers throw.
 */
export function readXml(document: string, handlers: XmlHandlers, { elementsMax, documentType }: XmlRules): void {
  const parser = new SaxesParser({ xmlns: false, position: true })
  const parents: string[] = []
  let elements = 0
  parser.on('error', (error) => {
    throw error
  })
  parser.on('doctype', (text) => {
    if (documentType === 'refused') throw new ReportError('it has a document type, which is not taken')
    if (!namedOnly.test(text)) throw new ReportError('its document type declares something, which is not taken')
  })
  parser.on('opentag', (tag) => {
    if (parents.length >= depthMax) throw new ReportError(`it is nested deeper than ${depthMax} elements`)
    if (++elements > elementsMax) throw new ReportError(`it has more than ${elementsMax} elements`)
    if (Object.keys(tag.attributes).length > attributesMax)
      throw new ReportError(`an element has more than ${attributesMax} attributes`)
    handlers.open(tag, parents)
    parents.push(tag.name)
  })
  parser.on('closetag', (tag) => {
    parents.pop()
    handlers.close?.(tag.name, parents)
  })
  parser.on('text', (text) => handlers.text?.(text))
  parser.on('cdata', (text) => handlers.text?.(text))
  try {
    // In pieces, so that a limit ends the work early.
    for (let index = 0; index < document.length; index += pieceChars)
      parser.write(document.slice(index, index + pieceChars))
    parser.close()
  } catch (error) {
    if (error instanceof ReportError) throw error
    throw new ReportError(`it is not well-formed (line ${parser.line}, column ${parser.column})`)
  }
}
