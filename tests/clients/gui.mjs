// What the vendor's JavaScript client, on which its VS Code extension is built, shows of tables and errors:
// gui.mjs MODULES ws://HOST:PORT PORT_B PASSWORD
import assert from 'node:assert/strict'

const [modules, url, port, password] = process.argv.slice(2)
const { DDB } = await import(`${modules}/dolphindb/index.js`)

const ddb = new DDB(url, { username: 'admin', password })
await ddb.connect()

const columns = table => Object.fromEntries(table.value.map(column => [column.name, column.value]))
const heard = []
const listener = ({ type, data }) => { if (type === 'print') heard.push(data) }

await ddb.eval(`clusterSync::setCluster("B", "127.0.0.1:${port}", "admin", "${password}")`)
const checked = await ddb.eval('clusterSync::checkSetup()')
assert.deepEqual(checked.value.map(column => column.name), ['severity', 'area', 'finding', 'advice'])
assert.ok(!JSON.stringify(columns(checked)).includes(password))

const result = await ddb.eval('clusterSync::syncOnline("B", "dfs://db1", "t")', { listener })
assert.equal(result.rows, 1)
const row = columns(result)
assert.deepEqual([row.status[0], row.tableName[0], Number(row.rows[0])], ['OK', 't', 2])
assert.ok(heard.some(line => line.includes('dfs://db1/t to cluster `B`')), heard.join('\n'))
console.log(row)

// The window in which the extension shows an error has its text only.
await assert.rejects(ddb.eval('clusterSync::syncOnline("C", "dfs://db1", "t")'), error => {
  assert.match(error.message, /this node knows no cluster called `C`, the known ones are B/)
  assert.match(error.message, /set it with clusterSync::setCluster/)
  console.log(error.message)
  return true
})
ddb.disconnect()
console.log('ok')
