/* Messages left over from a room's page are sent from whatever page comes next. */
import { Outbox } from "./outbox.js";
import { Socket } from "./socket.js";

/** Send what `owner` wrote and could not send; the line closes when nothing waits. */
export async function flush(owner) {
  if (!(await Outbox.holdsSomething(owner))) return;
  const socket = new Socket();
  const outbox = new Outbox(socket, owner);
  const finish = async () => {
    const waiting = (await outbox.items()).filter((item) => !item.error);
    if (!waiting.length) socket.close();
  };
  outbox.addEventListener("sent", finish);
  outbox.addEventListener("changed", finish);
}
