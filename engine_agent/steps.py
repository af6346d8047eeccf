"""What reconciling decides on: small steps, each one thing the engine is asked for. Frozen, comparable, printable."""

from dataclasses import dataclass

from .inherit import Anonymous
from .protocol.bodies import ContainerSpec, NetworkSpec, VolumeSpec


@dataclass(frozen=True, slots=True)
class CreateNetwork:
    spec: NetworkSpec

    @property
    def key(self) -> str:
        return f"network:{self.spec.name}"

    @property
    def title(self) -> str:
        return f"Create network {self.spec.name}"


@dataclass(frozen=True, slots=True)
class CreateVolume:
    spec: VolumeSpec

    @property
    def key(self) -> str:
        return f"volume:{self.spec.name}"

    @property
    def title(self) -> str:
        return f"Create volume {self.spec.name}"


@dataclass(frozen=True, slots=True)
class Await:
    """Wait until another container is "healthy" or "completed", for the sake of `for_name`."""

    name: str
    condition: str
    for_name: str

    @property
    def key(self) -> str:
        return f"await:{self.for_name}:{self.name}"

    @property
    def title(self) -> str:
        return f"Wait for {self.name} to be {self.condition}"


@dataclass(frozen=True, slots=True)
class SetAside:
    """Rename the previous container, so that the new one can have its name; it goes on running."""

    cid: str
    name: str
    to: str
    reason: str

    @property
    def key(self) -> str:
        return f"aside:{self.name}"

    @property
    def title(self) -> str:
        return f"Keep the previous {self.name} aside: {self.reason}"


@dataclass(frozen=True, slots=True)
class Create:
    """Create a container. taken: volumes without a name that it takes over from the one whose place it takes."""

    spec: ContainerSpec
    taken: tuple[Anonymous, ...] = ()

    @property
    def key(self) -> str:
        return f"create:{self.spec.name}"

    @property
    def title(self) -> str:
        return f"Create {self.spec.name}"


@dataclass(frozen=True, slots=True)
class Connect:
    spec: ContainerSpec
    network: str

    @property
    def key(self) -> str:
        return f"connect:{self.spec.name}:{self.network}"

    @property
    def title(self) -> str:
        return f"Connect {self.spec.name} to {self.network}"


@dataclass(frozen=True, slots=True)
class Stop:
    """Stop a container that holds what a new one needs. grace: seconds before a kill; None: the container's own."""

    cid: str
    name: str
    reason: str
    grace: int | None = None

    @property
    def key(self) -> str:
        return f"stop:{self.name}"

    @property
    def title(self) -> str:
        return f"Stop the previous {self.name}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Start:
    name: str

    @property
    def key(self) -> str:
        return f"start:{self.name}"

    @property
    def title(self) -> str:
        return f"Start {self.name}"


@dataclass(frozen=True, slots=True)
class Keep:
    """Nothing to do: it runs (or has done its work) as wanted."""

    name: str

    @property
    def key(self) -> str:
        return f"start:{self.name}"

    @property
    def title(self) -> str:
        return f"Keep {self.name} as it is"


@dataclass(frozen=True, slots=True)
class Remove:
    """Stop (with grace) and remove. fresh: made by this very command, so that its anonymous volumes go with it."""

    cid: str
    name: str
    reason: str
    grace: int | None = None
    fresh: bool = False

    @property
    def key(self) -> str:
        return f"remove:{self.name}:{self.cid[:12]}"

    @property
    def title(self) -> str:
        return f"Remove {self.name}: {self.reason}"


@dataclass(frozen=True, slots=True)
class PutBack:
    """Give a container that was set aside its name again."""

    cid: str
    name: str

    @property
    def key(self) -> str:
        return f"back:{self.name}"

    @property
    def title(self) -> str:
        return f"Put the previous {self.name} back"


@dataclass(frozen=True, slots=True)
class StartAgain:
    """Start a previous container that ran before."""

    cid: str
    name: str

    @property
    def key(self) -> str:
        return f"again:{self.name}"

    @property
    def title(self) -> str:
        return f"Start the previous {self.name} again"


@dataclass(frozen=True, slots=True)
class StartEarly:
    """Start a previous container beside its successor, if that works; it is started again later in any case."""

    cid: str
    name: str

    @property
    def key(self) -> str:
        return f"early:{self.name}"

    @property
    def title(self) -> str:
        return f"Start the previous {self.name} beside the new one"


@dataclass(frozen=True, slots=True)
class RemoveNetwork:
    name: str

    @property
    def key(self) -> str:
        return f"remove-network:{self.name}"

    @property
    def title(self) -> str:
        return f"Remove network {self.name}"


@dataclass(frozen=True, slots=True)
class RemoveVolume:
    name: str

    @property
    def key(self) -> str:
        return f"remove-volume:{self.name}"

    @property
    def title(self) -> str:
        return f"Remove volume {self.name}"


Step = (
    CreateNetwork
    | CreateVolume
    | Await
    | SetAside
    | Create
    | Connect
    | Stop
    | Start
    | Keep
    | Remove
    | PutBack
    | StartAgain
    | StartEarly
    | RemoveNetwork
    | RemoveVolume
)

# Steps of one track follow each other; tracks of a stage run at the same time; stages follow each other.
Track = tuple[Step, ...]
Stage = tuple[Track, ...]
