// Socket.IO as its documentation shows it: rooms, the Redis adapter, every message in PostgreSQL
// before it is broadcast. No sign-in and no permissions: what it costs without them.
import { createAdapter } from "@socket.io/redis-adapter";
import { createServer } from "node:http";
import pg from "pg";
import { createClient } from "redis";
import { Server } from "socket.io";

const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 12 });
await pool.query(`CREATE TABLE IF NOT EXISTS bench_socketio (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(), seq bigserial UNIQUE, client_id uuid UNIQUE,
  body text NOT NULL, created_at timestamptz NOT NULL DEFAULT now())`);

const publisher = createClient({ url: process.env.REDIS_URL });
const subscriber = publisher.duplicate();
await Promise.all([publisher.connect(), subscriber.connect()]);

const http = createServer();
const io = new Server(http, {
  transports: ["websocket"],
  adapter: createAdapter(publisher, subscriber),
});
const html = process.env.BENCH_HTML;
const person = process.env.BENCH_PERSON;
const stream = process.env.BENCH_STREAM;

io.on("connection", (socket) => {
  socket.on("hello", () => socket.emit("ready"));
  socket.on("join", async () => {
    await socket.join("room");
    socket.emit("ready");
  });
  socket.on("send", async ({ body, client_id }) => {
    const { rows } = await pool.query(
      "INSERT INTO bench_socketio (client_id, body) VALUES ($1, $2) RETURNING id, seq, created_at",
      [client_id, body],
    );
    const [{ id, seq, created_at }] = rows;
    const said = html.replaceAll("BODY", body);
    io.to("room").emit("event", {
      type: "event", stream, seq: Number(seq), name: "MessageSent", actor: person, at: created_at,
      data: {
        id, conversation: stream.split(":")[1], seq: Number(seq),
        sender: { id: person, name: "Mara Holt" }, body, html: `<p>${body}</p>`,
        message_type: "text", metadata: {}, reply_to: null, created_at, edited_at: null,
        is_deleted: false, client_id,
      },
      html: said,
    });
    socket.emit("ack", { id, seq: Number(seq) });
  });
});
http.listen(Number(process.env.PORT), "127.0.0.1");
process.on("SIGTERM", () => process.exit(0));
