import { autocompletion, closeBrackets, completionKeymap } from '@codemirror/autocomplete'
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands'
import { type Diagnostic, lintGutter, lintKeymap, setDiagnostics } from '@codemirror/lint'
import { search, searchKeymap } from '@codemirror/search'
import { EditorState, type Text } from '@codemirror/state'
import { drawSelection, EditorView, highlightActiveLine, keymap, lineNumbers } from '@codemirror/view'
import { type RefObject, useEffect, useImperativeHandle, useRef } from 'react'
import type { Answer } from '../../api/plinth.ts'
import { completeWith, type Names } from './completion.ts'
import { editorLook } from './editor-look.ts'

export type PolicyProblem = Answer<'validatePolicy'>['problems'][number]
export type EditorHandle = { replace: (text: string) => void; goTo: (line: number, column: number) => void }

type Props = {
  label: string
  start: string
  onChange: (text: string) => void
  problems: readonly PolicyProblem[]
  names: Names
  handle: RefObject<EditorHandle | null>
}

/** From a place that counts from 1 to offsets; what lies outside, since the text went on, is kept inside. */
function diagnosticOf(doc: Text, { line = 1, column = 1, endColumn, severity, message }: PolicyProblem): Diagnostic {
  const found = doc.line(Math.min(Math.max(line, 1), doc.lines))
  const from = Math.min(found.from + column - 1, found.to)
  const to = endColumn === undefined ? (/^[^,]*/.exec(found.text.slice(from - found.from))?.[0].length ?? 0) + from : found.from + endColumn - 1 // prettier-ignore
  return { from, to: Math.max(from, Math.min(to, found.to)), severity, message }
}

const always = [
  lineNumbers(),
  history(),
  drawSelection(),
  highlightActiveLine(),
  closeBrackets(),
  lintGutter(),
  search({ top: true }),
  keymap.of([...completionKeymap, ...lintKeymap, ...searchKeymap, ...historyKeymap, ...defaultKeymap]),
  editorLook,
]

/**
 * The policy as text, with what is wrong where it is wrong. It lies in a shadow tree: there the editor's styles are
 * adopted style sheets, which a strict content security policy allows, and not style elements, which it refuses.
 */
export function PolicyEditor({ label, start, onChange, problems, names, handle }: Props) {
  const host = useRef<HTMLDivElement>(null)
  const view = useRef<EditorView>(null)
  const latest = useRef({ onChange, names })
  latest.current = { onChange, names }
  const begin = useRef(start)

  useEffect(() => {
    if (!host.current) return undefined
    const root = host.current.shadowRoot ?? host.current.attachShadow({ mode: 'open' })
    const state = EditorState.create({
      doc: begin.current,
      extensions: [
        always,
        autocompletion({ override: [completeWith(() => latest.current.names)] }),
        // Focusable by itself; said so, since whoever checks looks for the attribute.
        EditorView.contentAttributes.of({ 'aria-label': label, tabindex: '0' }),
        EditorView.updateListener.of(({ docChanged, state: { doc } }) => {
          if (docChanged) latest.current.onChange(doc.toString())
        }),
      ],
    })
    const made = new EditorView({ state, root, parent: root })
    view.current = made
    return () => {
      begin.current = made.state.doc.toString()
      made.destroy()
    }
  }, [label])

  useEffect(() => {
    const made = view.current
    if (made) made.dispatch(setDiagnostics(made.state, problems.map((problem) => diagnosticOf(made.state.doc, problem)))) // prettier-ignore
  }, [problems])

  useImperativeHandle(handle, () => ({
    replace: (text) =>
      view.current?.dispatch({ changes: { from: 0, to: view.current.state.doc.length, insert: text } }),
    goTo: (line, column) => {
      const made = view.current
      if (!made) return
      const found = made.state.doc.line(Math.min(line, made.state.doc.lines))
      const at = Math.min(found.from + column - 1, found.to)
      made.dispatch({ selection: { anchor: at }, effects: EditorView.scrollIntoView(at, { y: 'center' }) })
      made.focus()
    },
  }))

  return <div ref={host} className="h-full" />
}
