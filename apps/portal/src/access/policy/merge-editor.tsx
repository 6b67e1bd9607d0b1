import { MergeView, unifiedMergeView } from '@codemirror/merge'
import { EditorState } from '@codemirror/state'
import { EditorView, lineNumbers } from '@codemirror/view'
import { useEffect, useRef } from 'react'
import { editorLook } from './editor-look.ts'

/** Below this the two texts stand under each other. */
const splitWidth = 720
const collapseUnchanged = { margin: 2, minSize: 5 }

type Props = { before: string; after: string; split: boolean; label: string }

const reading = (label: string) => [
  EditorState.readOnly.of(true),
  EditorView.editable.of(true),
  EditorView.contentAttributes.of({ 'aria-label': label, tabindex: '0' }),
  lineNumbers(),
  editorLook,
]

function show(root: ShadowRoot, { before, after, split, label }: Props, width: number): { destroy(): void } {
  if (split && width >= splitWidth) {
    return new MergeView({
      a: { doc: before, extensions: reading(`${label}: in force`) },
      b: { doc: after, extensions: reading(`${label}: as it would be`) },
      root,
      parent: root,
      collapseUnchanged,
      gutter: true,
    })
  }
  return new EditorView({
    root,
    parent: root,
    state: EditorState.create({
      doc: after,
      extensions: [
        reading(label),
        unifiedMergeView({ original: before, mergeControls: false, collapseUnchanged, gutter: true }),
      ],
    }),
  })
}

/** The text against the one in force, with what is alike folded away. In a shadow tree, like the editor. */
export function MergeEditor({ before, after, split, label }: Props) {
  const host = useRef<HTMLDivElement>(null)
  useEffect(() => {
    const element = host.current
    if (!element) return undefined
    const root = element.shadowRoot ?? element.attachShadow({ mode: 'open' })
    const made = show(root, { before, after, split, label }, element.clientWidth)
    return () => {
      made.destroy()
      root.replaceChildren()
    }
  }, [before, after, split, label])
  return <div ref={host} className="h-full overflow-auto" />
}
