import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { Command } from 'cmdk'
import { useDeferredValue, useState } from 'react'
import { sectionGroups } from '../access/sections.ts'
import { ask } from '../api/queries.ts'
import { Dialog } from '../ui/dialog.tsx'
import { useProjects } from './current-project.ts'
import { places } from './keys.ts'
import { chooseTheme } from './theme.ts'

type Entry = { id: string; text: string; note?: string; run: () => void }

const itemLook = 'flex cursor-pointer items-center gap-3 rounded-sm px-3 py-2 data-[selected=true]:bg-accent-soft'
const headLook =
  '[&_[cmdk-group-heading]]:px-3 [&_[cmdk-group-heading]]:pt-3 [&_[cmdk-group-heading]]:pb-1 [&_[cmdk-group-heading]]:text-xs [&_[cmdk-group-heading]]:text-quiet'

function Group({ name, entries, onDone }: { name: string; entries: readonly Entry[]; onDone: () => void }) {
  if (entries.length === 0) return null
  return (
    <Command.Group heading={name} className={headLook}>
      {entries.map(({ id, text, note, run }) => (
        <Command.Item
          key={id}
          value={`${text} ${note ?? ''} ${id}`}
          className={itemLook}
          onSelect={() => {
            onDone()
            run()
          }}
        >
          <span className="flex-1 truncate">{text}</span>
          {note !== undefined && <span className="truncate text-xs text-quiet">{note}</span>}
        </Command.Item>
      ))}
    </Command.Group>
  )
}

type Open = (href: string) => () => void

const inAccess = (open: Open): readonly Entry[] =>
  sectionGroups.flatMap(({ sections }) =>
    sections.map(({ text, link }) => ({
      id: `access ${text}`,
      text: `Access: ${text}`,
      run: open(String(link.to)),
    })),
  )

const doingWith = (open: Open, onKeys: () => void): readonly Entry[] => [
  { id: 'do create', text: 'Create a component', run: open('/create') },
  { id: 'do ask', text: 'Ask for access', run: open('/access/requests?ask=new') },
  { id: 'do explain', text: 'Explain a denial', run: open('/access/explain') },
  { id: 'do draft', text: 'Draft a change of the policy', run: open('/access/policy') },
  { id: 'do what-can', text: 'What may I do?', run: open('/access/what-can') },
  { id: 'do light', text: 'Theme: light', run: () => chooseTheme('light') },
  { id: 'do dark', text: 'Theme: dark', run: () => chooseTheme('dark') },
  { id: 'do system', text: 'Theme: as the system', run: () => chooseTheme('system') },
  { id: 'do keys', text: 'Show the keys', note: '?', run: onKeys },
]

/** ⌘K: components and projects as the platform finds them, every place, and what can be done from anywhere. */
export function Palette({
  project,
  onKeys,
  onClose,
}: {
  project: string | undefined
  onKeys: () => void
  onClose: () => void
}) {
  const navigate = useNavigate()
  const [search, setSearch] = useState('')
  const wanted = useDeferredValue(search.trim())
  const found = useQuery({
    ...ask('listCatalog', { query: { limit: 20, ...(wanted !== '' && { search: wanted.slice(0, 100) }) } }),
    placeholderData: (before) => before,
  })
  const projects = useProjects().data?.items ?? []
  const open = (href: string) => () => void navigate({ href })

  const components: Entry[] = (found.data?.items ?? []).map((one) => ({
    id: `component ${one.project}/${one.name}`,
    text: one.name,
    note: one.project,
    run: open(`/projects/${one.project}/components/${one.name}`),
  }))
  const projectEntries: Entry[] = projects.map(({ name, description }) => ({
    id: `project ${name}`,
    text: name,
    note: description,
    run: open(`/projects/${name}`),
  }))
  const going: Entry[] = places.map(({ key, text, path }) => ({
    id: `go ${key}`,
    text,
    note: `g ${key}`,
    run: open(path(project)),
  }))
  return (
    <Dialog title="Search or do" look="palette" hideTitle onClose={onClose}>
      <Command label="Search or do" loop className="flex h-full flex-col">
        <Command.Input
          autoFocus
          value={search}
          onValueChange={setSearch}
          placeholder="A component, a project, a place, a thing to do…"
          className="h-12 w-full border-b border-line bg-transparent px-4 text-base outline-none placeholder:text-quiet"
        />
        <Command.List className="max-h-[52vh] overflow-auto p-1 pb-2" tabIndex={-1}>
          <Command.Empty className="px-4 py-8 text-center text-quiet">
            Nothing by that name. Try a component, a project, or a page.
          </Command.Empty>
          <Group name="Components" entries={components} onDone={onClose} />
          <Group name="Projects" entries={projectEntries} onDone={onClose} />
          <Group name="Go to" entries={[...going, ...inAccess(open)]} onDone={onClose} />
          <Group name="Do" entries={doingWith(open, onKeys)} onDone={onClose} />
        </Command.List>
      </Command>
    </Dialog>
  )
}
