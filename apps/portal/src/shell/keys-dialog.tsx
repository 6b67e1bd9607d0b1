import { Dialog } from '../ui/dialog.tsx'
import { places } from './keys.ts'

const rows: readonly (readonly [string, string])[] = [
  ['⌘ K or Ctrl K', 'Open anything, do anything'],
  ['/', 'Go to the filter of this page'],
  ['?', 'Show these keys'],
  ['Esc', 'Close what is open'],
  ...places.map(({ key, text }) => [`g ${key}`, text] as const),
]

export function KeysDialog({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title="Keys" onClose={onClose}>
      <dl className="grid grid-cols-[max-content_1fr] gap-x-6 gap-y-2 p-4 text-sm">
        {rows.map(([keys, text]) => (
          <div key={keys} className="contents">
            <dt>
              <kbd className="rounded-sm border border-line bg-ground px-1.5 py-0.5 text-xs">{keys}</kbd>
            </dt>
            <dd>{text}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  )
}
