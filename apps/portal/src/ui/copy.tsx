import { clsx } from 'clsx'
import { useState } from 'react'
import { Icon } from './icon.tsx'
import { say } from './say.ts'

/** Copies text and says so; where the browser refuses, that is said too. */
export function useCopy(): { copied: boolean; copy: (text: string) => void } {
  const [copied, setCopied] = useState(false)
  const copy = (text: string): void => {
    navigator.clipboard.writeText(text).then(
      () => {
        setCopied(true)
        setTimeout(() => setCopied(false), 1_500)
      },
      () => say({ tone: 'degraded', text: 'The browser does not let this page copy; select the text instead.' }),
    )
  }
  return { copied, copy }
}

/** A commit or another long id: shown short, copied whole. */
export function Hash({ value, length = 7, className }: { value: string; length?: number; className?: string }) {
  const { copied, copy } = useCopy()
  return (
    <button
      type="button"
      title={`${value} – copy`}
      aria-label={`Copy ${value.slice(0, length)}`}
      onClick={(event) => {
        event.preventDefault()
        event.stopPropagation()
        copy(value)
      }}
      className={clsx('rounded-sm font-mono text-[0.93em] hover:text-accent', copied && 'text-accent', className)}
    >
      {value.slice(0, length)}
    </button>
  )
}

export function CopyButton({ text, label = 'Copy' }: { text: string; label?: string }) {
  const { copied, copy } = useCopy()
  return (
    <button
      type="button"
      onClick={() => copy(text)}
      className="inline-flex h-7 items-center gap-1.5 rounded-md px-2 text-xs text-quiet hover:bg-sunken hover:text-ink"
    >
      <Icon name={copied ? 'check' : 'copy'} size={14} />
      {copied ? 'Copied' : label}
    </button>
  )
}
