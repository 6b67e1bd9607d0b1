import { HighlightStyle, StreamLanguage, syntaxHighlighting } from '@codemirror/language'
import { EditorView } from '@codemirror/view'
import { tags } from '@lezer/highlight'

type Reading = { field: number; type: string }

const fieldTags = ['policyType', 'subject', 'second', 'third', 'action', 'effect'] as const

/** policy.csv: `p, subject, domain, object, action, effect` and `g, subject, role, domain`. */
const policyLanguage = StreamLanguage.define<Reading>({
  name: 'policy.csv',
  startState: () => ({ field: 0, type: '' }),
  token(stream, state) {
    if (stream.sol()) Object.assign(state, { field: 0, type: '' })
    if (stream.eatSpace()) return null
    if (stream.sol() || state.field === 0) {
      if (stream.match(/^#.*/)) return 'comment'
    }
    if (stream.eat(',')) {
      state.field++
      return 'punctuation'
    }
    stream.match(/^[^,]+/)
    const word = stream.current().trim()
    if (state.field === 0) state.type = word
    if (word === 'deny') return 'deny'
    return fieldTags[Math.min(state.field, fieldTags.length - 1)] ?? null
  },
  tokenTable: {
    policyType: tags.keyword,
    subject: tags.variableName,
    second: tags.typeName,
    third: tags.propertyName,
    action: tags.operator,
    effect: tags.atom,
    deny: tags.deleted,
  },
  languageData: { commentTokens: { line: '#' } },
})

const colours = HighlightStyle.define([
  { tag: tags.comment, color: 'var(--quiet)', fontStyle: 'italic' },
  { tag: tags.keyword, color: 'var(--quiet)' },
  { tag: tags.punctuation, color: 'var(--quiet)' },
  { tag: tags.variableName, color: 'var(--accent)' },
  { tag: tags.operator, fontWeight: '600' },
  { tag: tags.atom, color: 'var(--healthy)' },
  { tag: tags.deleted, color: 'var(--failed)', fontWeight: '600' },
])

/** In the portal's own colours, which are variables and so follow the theme. */
const theme = EditorView.theme({
  '&': { color: 'var(--ink)', backgroundColor: 'var(--surface)', fontSize: '12.5px', height: '100%' },
  '&.cm-focused': { outline: '2px solid var(--accent)', outlineOffset: '-2px' },
  '.cm-scroller': { fontFamily: 'var(--font-code)', lineHeight: '20px', fontVariantLigatures: 'none' },
  '.cm-content': { padding: '8px 0', caretColor: 'var(--ink)' },
  '.cm-cursor, .cm-dropCursor': { borderLeftColor: 'var(--ink)' },
  '.cm-gutters': { backgroundColor: 'var(--surface)', color: 'var(--quiet)', border: 'none' },
  '.cm-activeLine, .cm-activeLineGutter': { backgroundColor: 'color-mix(in srgb, var(--sunken) 70%, transparent)' },
  '&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground': {
    backgroundColor: 'color-mix(in srgb, var(--accent) 26%, transparent)',
  },
  '.cm-tooltip': {
    backgroundColor: 'var(--surface)',
    color: 'var(--ink)',
    border: '1px solid var(--line-strong)',
    borderRadius: '6px',
    overflow: 'hidden',
  },
  '.cm-tooltip-autocomplete > ul': { fontFamily: 'var(--font-code)', fontSize: '12px', maxHeight: '16em' },
  '.cm-tooltip-autocomplete > ul > li': { padding: '3px 8px !important' },
  '.cm-tooltip-autocomplete > ul > li[aria-selected]': {
    backgroundColor: 'var(--accent-soft)',
    color: 'var(--ink)',
  },
  '.cm-completionDetail': { color: 'var(--quiet)', fontStyle: 'normal', fontFamily: 'var(--font-text)' },
  '.cm-diagnostic': { fontFamily: 'var(--font-text)', padding: '6px 10px' },
  '.cm-diagnostic-error': { borderLeft: '3px solid var(--failed)' },
  '.cm-diagnostic-warning': { borderLeft: '3px solid var(--degraded)' },
  '.cm-panels': { backgroundColor: 'var(--ground)', color: 'var(--ink)', borderColor: 'var(--line)' },
  '.cm-panel input, .cm-panel button': {
    fontFamily: 'var(--font-text)',
    backgroundColor: 'var(--surface)',
    backgroundImage: 'none',
    color: 'var(--ink)',
    border: '1px solid var(--line)',
    borderRadius: '4px',
  },
  '.cm-searchMatch': { backgroundColor: 'color-mix(in srgb, var(--degraded) 30%, transparent)' },
  '.cm-insertedLine, .cm-changedLine': { backgroundColor: 'var(--added) !important' },
  '.cm-deletedLine, .cm-deletedChunk': { backgroundColor: 'var(--removed) !important' },
  '&.cm-merge-a .cm-changedLine': { backgroundColor: 'var(--removed) !important' },
  '.cm-changedText': { background: 'color-mix(in srgb, var(--ink) 12%, transparent) !important' },
  '.cm-collapsedLines:before, .cm-collapsedLines:after': { content: '"···"' },
  '.cm-collapsedLines': {
    background: 'var(--ground)',
    color: 'var(--quiet)',
    fontFamily: 'var(--font-text)',
    fontSize: '12px',
    padding: '4px 12px',
  },
})

export const editorLook = [policyLanguage, syntaxHighlighting(colours), theme]
