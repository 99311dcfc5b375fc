// The official JavaScript client over WebSocket: javascript.mjs MODULES ws://HOST:PORT
import assert from 'node:assert/strict'

const [modules, url] = process.argv.slice(2)
const { DDB, DdbInt, DdbTable, DdbVectorDouble, DdbVectorInt, DdbVectorString } = await import(`${modules}/dolphindb/index.js`)

const ddb = new DDB(url, { username: 'admin', password: '123456' })
await ddb.connect()

assert.equal(await ddb.execute('1 + 1'), 2)
assert.equal((await ddb.call('add', [new DdbInt(2), new DdbInt(3)])).value, 5)

const heard = []
const listener = ({ type, data }) => { if (type === 'print') heard.push(data) }
assert.equal((await ddb.eval('print(`first); print(`second); 7', { listener })).value, 7)
assert.deepEqual(heard, ['first', 'second'])

await assert.rejects(ddb.eval('noSuchFunction(1)'), /noSuchFunction/)
const wrong = new DDB(url, { username: 'admin', password: 'wrong-one' })
await assert.rejects(wrong.connect(), /incorrect/)
wrong.disconnect()

const rows = 300_000
const id = new DdbVectorInt(Int32Array.from({ length: rows }, (_, row) => row), 'id')
const price = new DdbVectorDouble(Float64Array.from({ length: rows }, (_, row) => row / 4), 'price')
await ddb.upload(['t'], [new DdbTable([id, price], 't')])
assert.equal(await ddb.execute('exec sum(price) from t'), rows * (rows - 1) / 8)
const back = await ddb.eval('select * from t')
assert.deepEqual([back.rows, back.cols], [rows, 2])
assert.deepEqual(back.value[1].value, price.value)

await ddb.eval('m = table(1:0, `id`name, [INT, STRING])')
const named = new DdbTable([new DdbVectorInt([1, 2], 'id'), new DdbVectorString(['a', ''], 'name')], 'named')
assert.equal((await ddb.call('tableInsert{m}', [named])).value, 2)
assert.equal(await ddb.execute('exec count(*) from m where name == `a'), 1)

ddb.disconnect()
console.log('ok')
