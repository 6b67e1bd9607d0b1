import * as Dropdown from '@radix-ui/react-dropdown-menu'
import type { ReactNode } from 'react'

export type MenuItem = { text: string; onSelect: () => void; danger?: boolean; disabled?: boolean; note?: string }

/** Not modal: the modal form locks scrolling with an injected style, which our policy refuses. */
export function Menu({ label, trigger, items }: { label: string; trigger: ReactNode; items: readonly MenuItem[] }) {
  return (
    <Dropdown.Root modal={false}>
      <Dropdown.Trigger asChild>{trigger}</Dropdown.Trigger>
      <Dropdown.Portal>
        <Dropdown.Content
          align="end"
          sideOffset={4}
          aria-label={label}
          className="animate-arrive z-50 min-w-44 rounded-md border border-line-strong bg-surface p-1 text-sm"
        >
          {items.map(({ text, onSelect, danger, disabled, note }) => (
            <Dropdown.Item
              key={text}
              disabled={disabled === true}
              onSelect={onSelect}
              className={`flex cursor-pointer items-center gap-6 rounded-sm px-2 py-1.5 outline-none data-disabled:opacity-50 data-highlighted:bg-accent-soft ${danger === true ? 'text-failed' : ''}`}
            >
              <span className="flex-1">{text}</span>
              {note !== undefined && <span className="text-xs text-quiet">{note}</span>}
            </Dropdown.Item>
          ))}
        </Dropdown.Content>
      </Dropdown.Portal>
    </Dropdown.Root>
  )
}
