import pg from 'pg'

/** Entries in PostgreSQL; the PG* variables say where. Creates its table where it is missing. */
export async function openEntries() {
  const pool = new pg.Pool({ max: 5, connectionTimeoutMillis: 5000, statement_timeout: 10000 })
  pool.on('error', (error) => console.error(JSON.stringify({ level: 'error', msg: `database: ${error.message}` })))
  await pool.query(`create table if not exists entries (
    id bigint generated always as identity primary key,
    amount bigint not null,
    description text not null,
    recorded_at timestamptz not null default now()
  )`)
  return {
    record: async ({ amount, description }) => {
      const { rows } = await pool.query(
        'insert into entries (amount, description) values ($1, $2) returning id, amount::float8 as amount, description, recorded_at as "recordedAt"',
        [amount, description],
      )
      return rows[0]
    },
    list: async () => {
      const { rows } = await pool.query(
        'select id, amount::float8 as amount, description, recorded_at as "recordedAt" from entries order by id desc limit 100',
      )
      return rows
    },
    ping: () => pool.query('select 1'),
    close: () => pool.end(),
  }
}
