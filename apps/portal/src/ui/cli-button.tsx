import { useEffect, useId, useRef, useState } from 'react'
import { Button } from './button.tsx'
import { CopyButton } from './copy.tsx'
import { Icon } from './icon.tsx'

/** The page's twin on the command line, quiet until it is asked for. */
export function CliButton({ command }: { command: string }) {
  const [open, setOpen] = useState(false)
  const frame = useRef<HTMLDivElement>(null)
  const id = useId()
  useEffect(() => {
    if (!open) return undefined
    const close = (event: Event): void => {
      if (event instanceof KeyboardEvent ? event.key === 'Escape' : !frame.current?.contains(event.target as Node))
        setOpen(false)
    }
    document.addEventListener('keydown', close)
    document.addEventListener('mousedown', close)
    return () => {
      document.removeEventListener('keydown', close)
      document.removeEventListener('mousedown', close)
    }
  }, [open])
  return (
    <div ref={frame} className="relative">
      <Button look="quiet" aria-expanded={open} aria-controls={id} onClick={() => setOpen(!open)}>
        <Icon name="terminal" /> CLI
      </Button>
      {open && (
        <div
          id={id}
          className="animate-arrive fixed right-4 left-4 z-30 mt-1 rounded-md border border-line-strong bg-surface p-3 sm:absolute sm:right-0 sm:left-auto sm:w-96"
        >
          <p className="text-xs text-quiet">The same from a terminal</p>
          <pre className="mt-1 overflow-x-auto py-1 whitespace-pre-wrap break-words" tabIndex={0} aria-label="Command">
            <code>{command}</code>
          </pre>
          <div className="-mb-1 -ml-2">
            <CopyButton text={command} />
          </div>
        </div>
      )}
    </div>
  )
}
