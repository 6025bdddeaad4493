import { randomBytes } from 'node:crypto';
import type { AddressInfo, Socket } from 'node:net';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { showId } from '../../apps/process/src/show-id.js';
import { startTestApp, type TestApp } from '../support/app.js';
import { OpenHandover, until } from './open-handover.js';

let app: TestApp;
let it_: OpenHandover;
let sink: Sink;

/** A real mail server that keeps what comes, and answers as it is told. */
class Sink {
  readonly mails: { readonly to: string[]; readonly raw: string }[] = [];
  /** A number: it takes the mail after so many milliseconds. */
  onMail: (count: number) => Error | 'HANG' | 'BREAK' | number | null = () => null;
  /** Instead of answering at once, as it says. */
  onRecipientLate: ((proceed: () => void) => void) | null = null;
  onRecipient: (address: string) => Error | null = () => null;
  private readonly sockets = new Set<Socket>();
  private constructor(
    readonly server: SMTPServer,
    readonly url: string,
  ) {
    server.server.on('connection', (socket: Socket) => void this.sockets.add(socket));
  }

  static async start(): Promise<Sink> {
    const options: SMTPServerOptions = {
      authOptional: true,
      disabledCommands: ['STARTTLS', 'AUTH'],
      onRcptTo: ({ address }, _session, callback) => {
        const proceed = () => callback(sink.onRecipient(address));
        if (sink.onRecipientLate) sink.onRecipientLate(proceed);
        else proceed();
      },
      onData: (stream, session, callback) => {
        const chunks: Buffer[] = [];
        stream.on('data', (chunk: Buffer) => chunks.push(chunk));
        stream.on('end', () => {
          const to = session.envelope.rcptTo.map(({ address }) => address);
          sink.mails.push({ to, raw: Buffer.concat(chunks).toString('utf8') });
          const answer = sink.onMail(sink.mails.length);
          if (answer === 'HANG') return;
          if (answer === 'BREAK') sink.breakOff();
          else if (typeof answer === 'number') setTimeout(() => callback(null, 'kept'), answer);
          else if (answer) callback(answer);
          else callback(null, 'kept');
        });
      },
    };
    const server = new SMTPServer(options);
    server.on('error', () => undefined);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.server.address() as AddressInfo;
    return new Sink(server, `smtp://127.0.0.1:${port}`);
  }

  /** Breaks every connection. */
  breakOff(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  async stop(): Promise<void> {
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
  }
}

/** Of a try that runs out of time: what is sent in time must not be late, however busy the machine is. */
const sendMs = 2_500;

const refusing = (responseCode: number): Error => Object.assign(new Error('no'), { responseCode });
const headersOf = (raw: string): string => raw.split('\r\n\r\n')[0] ?? '';
const messageIds = () => sink.mails.map(({ raw }) => /^message-id: (.*)$/im.exec(headersOf(raw))?.[1]);

beforeAll(async () => {
  sink = await Sink.start();
  const environment = { LEADGER_SMTP_URL: sink.url, LEADGER_MAIL_FROM: 'leads@leadger.example' };
  app = await startTestApp({ environment });
  it_ = new OpenHandover(app);
}, 60_000);
beforeEach(() => {
  sink.mails.splice(0);
  sink.onMail = () => null;
  sink.onRecipient = () => null;
  sink.onRecipientLate = null;
});
afterEach(async () => {
  await it_.stopRelays();
  expect(it_.errors.splice(0)).toEqual([]);
  await app.verifyInvariants();
});
afterAll(async () => {
  await app.stop();
  await sink.stop();
});

async function mailbox(more: object = {}): Promise<string> {
  const target = { email: { address: 'leads@buyer.example', ...more } };
  const { destination, secret } = await it_.market.done<{
    destination: { id: string };
    secret: string | null;
  }>('buyer', 'createDestination', { name: 'mail', target }, 'destination { id } secret');
  expect(secret).toBeNull();
  return destination.id;
}

describe('a lead by e-mail', () => {
  it('that the server takes is sold', async () => {
    const offers = await it_.offer(await it_.contractTo(await mailbox()));
    it_.relay({ smtpUrl: sink.url });
    expect(await it_.over(offers)).toMatchObject([{ state: 'ACCEPTED', lead: 'SOLD', charges: 2 }]);
    const [mail] = sink.mails;
    const [offer] = offers;
    expect(mail?.to).toEqual(['leads@buyer.example']);
    expect(mail?.raw).toContain('Name: Ada Number 0');
    expect(messageIds()).toEqual([`<${showId('delivery', offer?.deliveryId ?? '')}@leadger.example>`]);
    const [attempt] = await app.database.query('select * from delivery_attempts where handover_id = $1', [
      offer?.deliveryId,
    ]);
    expect(attempt).toMatchObject({ status: 250, failure: null, verdict: 'ACCEPTED', answer_start: null });
  });

  it('that is deferred is sent again with the same Message-ID', async () => {
    const offers = await it_.offer(await it_.contractTo(await mailbox()));
    sink.onMail = (count) => (count <= 2 ? refusing(451) : null);
    it_.relay({ smtpUrl: sink.url });
    expect(await it_.tried(offers, 1)).toMatchObject([{ state: 'PENDING', failure: 'MAIL_DEFERRED' }]);
    await it_.makeDue();
    expect(await it_.tried(offers, 2)).toMatchObject([{ state: 'PENDING', failure: 'MAIL_DEFERRED' }]);
    await it_.makeDue();
    expect(await it_.over(offers)).toMatchObject([{ state: 'ACCEPTED', charges: 2, tries: 3 }]);
    expect(sink.mails).toHaveLength(3);
    expect(new Set(messageIds()).size).toBe(1);
  });

  it('that the server takes late is sold, and was sent once', async () => {
    const offers = await it_.offer(await it_.contractTo(await mailbox()));
    sink.onMail = () => sendMs + 500;
    it_.relay({ smtpUrl: sink.url, timeoutMs: sendMs, mailAnswerMs: 15_000 });
    expect(await it_.over(offers)).toMatchObject([{ state: 'ACCEPTED', charges: 2, tries: 1 }]);
    expect(sink.mails).toHaveLength(1);
  });

  it('that was sent whole and never answered is not sent again, nor charged', async () => {
    const offers = await it_.offer(await it_.contractTo(await mailbox()));
    sink.onMail = () => 'HANG';
    it_.relay({ smtpUrl: sink.url, timeoutMs: sendMs, mailAnswerMs: 300 });
    expect(await it_.over(offers)).toMatchObject([
      { state: 'TIMED_OUT', lead: 'UNSOLD', failure: 'MAIL_UNANSWERED', charges: 0, tries: 1 },
    ]);
    expect(sink.mails).toHaveLength(1);
  });

  it('whose connection breaks after it was sent whole is not sent again', async () => {
    const offers = await it_.offer(await it_.contractTo(await mailbox()));
    sink.onMail = () => 'BREAK';
    it_.relay({ smtpUrl: sink.url });
    expect(await it_.over(offers)).toMatchObject([
      { state: 'TIMED_OUT', failure: 'MAIL_UNANSWERED', charges: 0, tries: 1 },
    ]);
    expect(sink.mails).toHaveLength(1);
  });

  it('that waits for its answer when the relay stops is not given to another', async () => {
    const offers = await it_.offer(await it_.contractTo(await mailbox()));
    sink.onMail = () => 'HANG';
    const stopping = it_.relay({ smtpUrl: sink.url, mailAnswerMs: 10_000 });
    const isSent = async () => (await it_.deliveries(offers)).length > 0 && sink.mails.length === 1;
    await until(isSent, 'the mail was sent');
    await stopping.stop(0);
    expect(await it_.over(offers)).toMatchObject([
      { state: 'TIMED_OUT', failure: 'MAIL_UNANSWERED', charges: 0, tries: 1 },
    ]);
  });

  it('that could not be sent in time is tried again, and does not go out late', async () => {
    const offers = await it_.offer(await it_.contractTo(await mailbox()));
    let wanted: () => void = () => undefined;
    sink.onRecipientLate = (proceed) => void (wanted = proceed);
    it_.relay({ smtpUrl: sink.url, timeoutMs: sendMs, mailAnswerMs: sendMs });
    expect(await it_.tried(offers, 1)).toMatchObject([{ state: 'PENDING', failure: 'TIMEOUT' }]);
    sink.onRecipientLate = null;
    wanted();
    await it_.makeDue();
    expect(await it_.over(offers)).toMatchObject([{ state: 'ACCEPTED', charges: 2, tries: 2 }]);
    expect(sink.mails).toHaveLength(1);
  });

  it('has no line that a name began', async () => {
    const text = 'Name: {{contact.givenName}}\nSold: yes';
    const contract = await it_.contractTo(await mailbox({ text }));
    const offers = await it_.offer(contract, 1, { givenName: 'Ada\r\nSold: no\u2028Price: 0' });
    it_.relay({ smtpUrl: sink.url });
    await it_.over(offers);
    const lines = sink.mails[0]?.raw.split('\r\n\r\n')[1]?.trim().split('\r\n');
    expect(lines).toEqual(['Name: Ada Sold: no Price: 0', 'Sold: yes']);
  });

  it('that the server refuses is unsold at once', async () => {
    sink.onRecipient = () => refusing(550);
    const offers = await it_.offer(await it_.contractTo(await mailbox()));
    it_.relay({ smtpUrl: sink.url });
    expect(await it_.over(offers)).toMatchObject([
      { state: 'FAILED', lead: 'UNSOLD', failure: 'MAIL_REFUSED', tries: 1, charges: 0 },
    ]);
  });

  it('brings no header nor recipient of its own, whatever its person is called', async () => {
    const destination = await mailbox({
      subject: 'Lead {{contact.givenName}}',
      text: 'From {{contact.givenName}}\n.\nend',
    });
    const contract = await it_.contractTo(destination);
    const names = [
      'A\r\nBcc: x@evil.example',
      'B\nTo: y@evil.example',
      'C\u2028Cc: z@evil.example',
      'D\r\n\r\nbody',
      'E\0',
    ];
    const storable = names.filter((name) => !name.includes('\0'));
    const offers = (
      await Promise.all(storable.map(async (givenName) => await it_.offer(contract, 1, { givenName })))
    ).flat();
    it_.relay({ smtpUrl: sink.url });
    await it_.over(offers);
    expect(sink.mails).toHaveLength(storable.length);
    for (const { to, raw } of sink.mails) {
      expect(to).toEqual(['leads@buyer.example']);
      const names = [...headersOf(raw).matchAll(/^([A-Za-z-]+):/gm)].map(([, name = '']) =>
        name.toLowerCase(),
      );
      expect(new Set(names).size).toBe(names.length);
      expect(names).not.toEqual(expect.arrayContaining(['bcc']));
      expect(names).not.toEqual(expect.arrayContaining(['cc']));
      expect(headersOf(raw)).toMatch(/^To: leads@buyer\.example$/m);
    }
  });
});

describe('a mailbox', () => {
  it.each([
    'a@b@c.example',
    'leads@buyer.example, x@evil.example',
    'Ada <leads@buyer.example>',
    'leads@buyer.example\r\nBcc: x@evil.example',
    'leads@localhost',
    'leads@127.0.0.1',
    '"x y"@buyer.example',
    '',
    randomBytes(200).toString('hex') + '@buyer.example',
  ])('of %j is refused by its place', async (address) => {
    const payload = await it_.market.act(
      'buyer',
      'createDestination',
      { name: 'mail', target: { email: { address } } },
      'destination { id }',
    );
    expect(payload.userErrors).toMatchObject([
      { code: 'INVALID_VALUE', field: ['input', 'target', 'email', 'address'] },
    ]);
  });

  it('is refused in words where no mail can be sent', async () => {
    const silent = await startTestApp();
    const { userErrors } = await new OpenHandover(silent).market.act(
      'buyer',
      'createDestination',
      { name: 'mail', target: { email: { address: 'leads@buyer.example' } } },
      'destination { id }',
    );
    expect(userErrors).toMatchObject([
      {
        code: 'INVALID_VALUE',
        field: ['input', 'target', 'email'],
        message: expect.stringContaining('LEADGER_SMTP_URL'),
      },
    ]);
    await silent.stop();
  });
});
