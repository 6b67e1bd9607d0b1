import { clsx } from 'clsx'
import { type ReactNode, useEffect, useId, useRef } from 'react'
import { Icon } from './icon.tsx'

type Props = {
  title: string
  onClose: () => void
  children: ReactNode
  /** `drawer` opens at the right, beside what it explains. */
  look?: 'dialog' | 'drawer' | 'palette'
  hideTitle?: boolean
}

const looks = {
  dialog: 'm-auto w-[min(480px,calc(100vw-32px))] max-h-[85vh]',
  drawer: 'my-0 mr-0 ml-auto h-full max-h-none w-[min(560px,100vw)] rounded-none border-y-0 border-r-0',
  palette: 'mx-auto mt-[12vh] mb-auto w-[min(620px,calc(100vw-24px))] max-h-[70vh]',
} as const

/**
 * The browser's own modal dialog: it makes the rest inert, closes on Escape and returns the focus to where it was.
 * Libraries that lock scrolling inject a style element, which our content security policy refuses.
 */
export function Dialog({ title, onClose, children, look = 'dialog', hideTitle = false }: Props) {
  const element = useRef<HTMLDialogElement>(null)
  const titleId = useId()
  useEffect(() => {
    const dialog = element.current
    const before = document.activeElement
    if (dialog && !dialog.open) dialog.showModal()
    return () => {
      dialog?.close()
      if (before instanceof HTMLElement && before.isConnected) before.focus()
    }
  }, [])
  return (
    <dialog
      ref={element}
      aria-labelledby={titleId}
      onCancel={(event) => {
        event.preventDefault()
        onClose()
      }}
      onMouseDown={(event) => {
        if (event.target === element.current) onClose()
      }}
      className={clsx(
        'animate-arrive overflow-hidden rounded-md border border-line-strong bg-surface p-0',
        looks[look],
      )}
    >
      <div className="flex h-full max-h-[inherit] flex-col">
        <header className={hideTitle ? 'sr-only' : 'flex items-center gap-2 border-b border-line px-4 py-3'}>
          <h2 id={titleId} className="flex-1 text-lg font-semibold">
            {title}
          </h2>
          {!hideTitle && (
            <button
              type="button"
              aria-label="Close"
              onClick={onClose}
              className="rounded-md p-1 text-quiet hover:text-ink"
            >
              <Icon name="close" />
            </button>
          )}
        </header>
        <div className="min-h-0 flex-1 overflow-auto">{children}</div>
      </div>
    </dialog>
  )
}
