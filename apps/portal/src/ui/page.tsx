import { clsx } from 'clsx'
import { type ReactNode, useEffect } from 'react'
import { CliButton } from './cli-button.tsx'

type Props = {
  title: string
  /** Before the title in the browser's tab; the title alone when left out. */
  lead?: ReactNode
  heading?: ReactNode
  actions?: ReactNode
  /** The command that shows or does the same. */
  cli?: string
  children: ReactNode
  wide?: boolean
}

/** The frame of every page: one heading, its actions, and the command that does the same. */
export function Page({ title, lead, heading, actions, cli, children, wide = false }: Props) {
  useEffect(() => {
    document.title = `${title} · Plinth`
  }, [title])
  return (
    <div className={clsx('mx-auto w-full px-4 pt-5 pb-16 sm:px-6', wide ? 'max-w-[1600px]' : 'max-w-6xl')}>
      <header className="mb-5 flex flex-wrap items-start gap-x-4 gap-y-2">
        <div className="min-w-0 flex-1 basis-64">
          <h1 className="text-xl font-semibold break-words">{heading ?? title}</h1>
          {lead !== undefined && <div className="mt-0.5 text-quiet">{lead}</div>}
        </div>
        <div className="flex flex-wrap items-center gap-2">
          {actions}
          {cli !== undefined && <CliButton command={cli} />}
        </div>
      </header>
      {children}
    </div>
  )
}

type SectionProps = {
  title: string
  aside?: ReactNode
  children: ReactNode
  /** No space above, where a grid or a flow already gives it. */ flush?: boolean
}

export function Section({ title, aside, children, flush = false }: SectionProps) {
  return (
    <section aria-label={title} className={flush ? 'min-w-0' : 'mt-8 min-w-0 first:mt-0'}>
      <div className="mb-2 flex flex-wrap items-baseline gap-x-3">
        <h2 className="text-lg font-semibold">{title}</h2>
        {aside !== undefined && <div className="text-sm text-quiet">{aside}</div>}
      </div>
      {children}
    </section>
  )
}

export function Card({ children, className }: { children: ReactNode; className?: string }) {
  return <div className={clsx('rounded-md border border-line bg-surface', className)}>{children}</div>
}
