import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";

export interface ResponsesServer {
  port: number;
  /** Resolves when nobody is connected any more; what is open is cut. */
  close(): Promise<void>;
}

export interface ResponsesRequest {
  /** As JSON came; nothing about it is checked. */
  body: unknown;
  headers: IncomingHttpHeaders;
}

/**
 * Listens on a free port of 127.0.0.1 and hands over every `POST …/responses`. Everything else is refused: 426 for a
 * WebSocket, after which Codex speaks plain HTTP at once (CODEX.md 2), and 404.
 */
export async function serveResponses(
  answer: (request: ResponsesRequest, response: ServerResponse) => Promise<void>,
): Promise<ResponsesServer> {
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.once("end", () => {
      if (request.method !== "POST" || !request.url?.endsWith("/responses")) {
        response.writeHead(request.headers.upgrade ? 426 : 404).end("{}");
        return;
      }
      const { headers } = request;
      const body = () => JSON.parse(Buffer.concat(parts).toString("utf8"));
      Promise.resolve()
        .then(() => answer({ body: body(), headers }, response))
        .catch(() => response.destroy());
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
