import type grpcJs from '@grpc/grpc-js'
import type { fromJSON } from '@grpc/proto-loader'
import { loadPackages } from '../packages.ts'

// greeter.proto once more, as data: tsc copies no other files to dist/, and a published package has nothing but that. A
// test compares the two.
const messages = { requestType: 'GreetRequest', responseType: 'Greeting' }
const descriptor: Parameters<typeof fromJSON>[0] = {
  nested: {
    examples: {
      nested: {
        Greeter: {
          methods: {
            Greet: { ...messages, comment: 'One person.' },
            GreetInLanguages: { ...messages, responseStream: true, comment: 'One person in several languages, one after another.' },
            GreetAll: { ...messages, requestStream: true, comment: 'All who were named, at once.' },
            GreetEach: { ...messages, requestStream: true, responseStream: true, comment: 'Each as soon as they are named.' },
          },
        },
        GreetRequest: { fields: { name: { type: 'string', id: 1 } } },
        Greeting: { fields: { text: { type: 'string', id: 1 } } },
      },
    },
  },
}

export interface GreetRequest {
  name: string
}

export interface Greeting {
  text: string
}

/** What a server of the service does; a type, for an interface has no index signature. */
export type GreeterHandlers = {
  Greet: grpcJs.handleUnaryCall<GreetRequest, Greeting>
  GreetInLanguages: grpcJs.handleServerStreamingCall<GreetRequest, Greeting>
  GreetAll: grpcJs.handleClientStreamingCall<GreetRequest, Greeting>
  GreetEach: grpcJs.handleBidiStreamingCall<GreetRequest, Greeting>
}

export interface GreeterClient extends grpcJs.Client {
  Greet (request: GreetRequest, callback: grpcJs.requestCallback<Greeting>): grpcJs.ClientUnaryCall
  GreetInLanguages (request: GreetRequest): grpcJs.ClientReadableStream<Greeting>
  GreetAll (callback: grpcJs.requestCallback<Greeting>): grpcJs.ClientWritableStream<GreetRequest>
  GreetEach (): grpcJs.ClientDuplexStream<GreetRequest, Greeting>
}

/** What a server and a client of the service are made with. */
export interface GreeterPackage {
  grpc: typeof grpcJs
  service: grpcJs.ServiceDefinition
  /** @param address - `127.0.0.1:50051`, without TLS */
  connect: (address: string) => GreeterClient
}

/** @throws when the packages of gRPC are not installed, saying how to install them */
export async function loadGreeter (): Promise<GreeterPackage> {
  const load = () => Promise.all([import('@grpc/grpc-js'), import('@grpc/proto-loader')])
  const [{ default: grpc }, protoLoader] = await loadPackages(['@grpc/grpc-js', '@grpc/proto-loader'], load)
  const service = protoLoader.fromJSON(descriptor, { defaults: true })['examples.Greeter'] as grpcJs.ServiceDefinition
  const Greeter = grpc.makeClientConstructor(service, 'examples.Greeter')
  return {
    grpc,
    service,
    connect: address => new Greeter(address, grpc.credentials.createInsecure()) as unknown as GreeterClient,
  }
}
