import { Link, Outlet, useRouterState } from '@tanstack/react-router'
import { Suspense, useEffect, useState } from 'react'
import { useMay } from '../api/may.ts'
import { Loading } from '../ui/empty.tsx'
import { Icon } from '../ui/icon.tsx'
import { type Section, sectionGroups } from './sections.ts'

function SectionLink({ section: { text, link, needs, exact = false } }: { section: Section }) {
  const { allowed } = useMay(needs)
  return (
    <Link
      {...link}
      activeOptions={{ exact, includeSearch: false }}
      className="flex h-7 items-center gap-1.5 rounded-md px-2 text-sm text-quiet hover:bg-sunken hover:text-ink"
      activeProps={{ className: 'bg-accent-soft! text-ink! font-medium' }}
    >
      <span className="flex-1 truncate">{text}</span>
      {!allowed && (
        <span title="Not yours to open" className="text-quiet">
          <Icon name="lock" size={12} />
          <span className="sr-only">, not yours to open</span>
        </span>
      )}
    </Link>
  )
}

function Sections() {
  return (
    <>
      {sectionGroups.map(({ name, sections }) => (
        <div key={name} className="mb-4 break-inside-avoid">
          <h2 className="mb-0.5 px-2 text-xs text-quiet">{name}</h2>
          <ul className="flex flex-col gap-px">
            {sections.map((section) => (
              <li key={section.text}>
                <SectionLink section={section} />
              </li>
            ))}
          </ul>
        </div>
      ))}
    </>
  )
}

const hrefOf = ({ link }: Section): string => String(link.to)

/** On a narrow screen: where I am in the area, and the rest of it when asked for. */
function Narrow() {
  const path = useRouterState({ select: ({ location }) => location.pathname })
  const [open, setOpen] = useState(false)
  useEffect(() => setOpen(false), [path])
  const all = sectionGroups.flatMap(({ sections }) => sections)
  const here = all.findLast((section) => path.startsWith(hrefOf(section)) && hrefOf(section) !== '/access') ?? all[0]
  return (
    <div className="border-b border-line px-4 py-2 sm:px-6 xl:hidden">
      <button
        type="button"
        aria-expanded={open}
        onClick={() => setOpen(!open)}
        className="flex h-8 w-full items-center gap-2 rounded-md border border-line bg-surface px-2.5 text-sm"
      >
        <span className="text-quiet">Access</span>
        <span className="flex-1 text-left font-medium">{here?.text}</span>
        <Icon name={open ? 'close' : 'down'} size={14} />
      </button>
      {open && (
        <nav aria-label="Access" className="columns-2 pt-3 sm:columns-3">
          <Sections />
        </nav>
      )}
    </div>
  )
}

/** The area of access: its pages at the left, the one that is open beside them. */
export function AccessLayout() {
  return (
    <div className="xl:grid xl:grid-cols-[184px_minmax(0,1fr)]">
      <nav
        aria-label="Access"
        className="sticky top-12 hidden h-[calc(100dvh-48px)] overflow-y-auto border-r border-line px-3 py-4 xl:block"
      >
        <Sections />
      </nav>
      <div className="min-w-0">
        <Narrow />
        <Suspense fallback={<Loading />}>
          <Outlet />
        </Suspense>
      </div>
    </div>
  )
}
