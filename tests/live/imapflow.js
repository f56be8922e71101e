// A web mailer's day with one account: log in, list, make folders, append, search, fetch, flag, copy, move, wait in
// IDLE for a delivery, delete. One argument: JSON as imapflow_live.py writes it. Ends with 0 when all of it worked.
'use strict';
const assert = require('assert/strict');
const net = require('net');
const task = JSON.parse(process.argv[2]);
const { ImapFlow } = require(task.module);

const text = subject =>
  Buffer.from(`From: Ann <ann@example.test>\r\nTo: bob@example.test\r\nSubject: ${subject}\r\n` +
    'Date: Sat, 21 Nov 2026 12:00:00 +0000\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n' +
    `--b\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n` +
    `Gr=C3=BC=C3=9Fe\r\n--b\r\nContent-Type: application/pdf; name=a.pdf\r\nContent-Transfer-Encoding: base64\r\n` +
    'Content-Disposition: attachment; filename=a.pdf\r\n\r\nSGVsbG8=\r\n--b--\r\n');

// Every line is sent when the line before was answered.
function deliver(subject) {
  return new Promise((resolve, reject) => {
    const lines = ['EHLO client.example', 'MAIL FROM:<x@remote.example>', `RCPT TO:<${task.user}>`, 'DATA',
      `Subject: ${subject}\r\n\r\nNew.\r\n.`, 'QUIT'];
    const socket = net.connect(task.smtp, '127.0.0.1');
    let seen = '';
    socket.on('data', data => {
      seen += data;
      for (let end; (end = seen.indexOf('\r\n')) >= 0; seen = seen.slice(end + 2)) {
        if (/^[45]/.test(seen)) reject(new Error(seen));
        if (seen[3] !== '-' && lines.length) socket.write(lines.shift() + '\r\n');
      }
    });
    socket.on('end', resolve).on('error', reject);
  });
}

async function day() {
  const client = new ImapFlow({
    host: '127.0.0.1', port: task.port, secure: task.secure, doSTARTTLS: task.secure ? undefined : true,
    tls: { ca: task.authority, servername: 'mail.example.test' }, logger: false,
    auth: { user: task.user, pass: task.password },
  });
  await client.connect();
  const work = task.prefix, shelf = `${task.prefix}.Ablage ü`;
  assert.equal((await client.mailboxCreate(work)).created, true);
  assert.equal((await client.mailboxCreate(shelf)).created, true);
  await client.mailboxSubscribe(shelf);
  const folders = await client.list();
  assert.ok(folders.find(folder => folder.path === shelf && folder.subscribed), JSON.stringify(folders));

  for (const subject of ['first', 'second', 'third']) await client.append(work, text(subject), ['\\Seen']);
  assert.equal((await client.status(work, { messages: true })).messages, 3);
  let lock = await client.getMailboxLock(work);
  try {
    assert.equal(client.mailbox.exists, 3);
    const [found] = await client.search({ subject: 'second' }, { uid: true });
    assert.deepEqual(await client.search({ body: 'Grüße' }), [1, 2, 3]);
    const message = await client.fetchOne(found, { envelope: true, bodyStructure: true, source: true, flags: true,
      size: true, internalDate: true, headers: ['subject'] }, { uid: true });
    assert.equal(message.envelope.subject, 'second');
    assert.equal(message.envelope.to[0].address, 'bob@example.test');
    assert.deepEqual(message.source, text('second'));
    assert.equal(message.size, text('second').length);
    assert.equal(message.bodyStructure.childNodes[1].dispositionParameters.filename, 'a.pdf');
    assert.ok(message.flags.has('\\Seen'));
    const { content } = await client.download(found, '2', { uid: true });
    const pieces = [];
    for await (const piece of content) pieces.push(piece);
    assert.equal(Buffer.concat(pieces).toString(), 'Hello');

    assert.ok(await client.messageFlagsAdd(found, ['\\Flagged', '$Important'], { uid: true }));
    assert.deepEqual(await client.search({ flagged: true }, { uid: true }), [found]);
    assert.equal((await client.messageCopy(found, shelf, { uid: true })).uidMap.size, 1);
    assert.equal((await client.messageMove('1', shelf)).destination, shelf);
    assert.ok(await client.messageDelete({ subject: 'third' }));
    assert.equal(client.mailbox.exists, 1);
  } finally {
    lock.release();
  }

  lock = await client.getMailboxLock('INBOX');
  try {
    const exists = new Promise(resolve => client.once('exists', resolve));
    const idle = client.idle();
    await deliver('while idle');
    const { count, prevCount } = await exists;
    assert.equal(count, prevCount + 1);
    await client.noop();
    await idle;
    assert.equal((await client.fetchOne('*', { envelope: true })).envelope.subject, 'while idle');
  } finally {
    lock.release();
  }
  await client.mailboxRename(shelf, `${work}.Renamed`);
  assert.equal((await client.status(`${work}.Renamed`, { messages: true })).messages, 2);
  await client.mailboxDelete(`${work}.Renamed`);
  await client.logout();
}

day().then(() => console.log('all of it worked'), error => {
  console.error(error);
  process.exit(1);
});
