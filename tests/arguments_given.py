"""Answers to exercises 4 and 6 in words of many learners, right ones and wrong ones."""

from __future__ import annotations

from typing import NamedTuple


class Texts(NamedTuple):
    right: tuple[str, ...]
    wrong: tuple[str, ...]


LEAKS = Texts(
    right=(
        "It's the warm-up users' words, in VRAM, that come back for somebody else.",
        "It's not a leak of the weights but of users' prompts, which lie in the KV cache that"
        " the snapshot copies.",
        "A prompt can never leak over the network, but it stays in KV cache and the snapshot "
        "brings it to the next user.",
        "Prompts of earlier customers still sit in the KV cache on the GPU, the snapshot "
        "writes them to disk, and every later restore hands them to a different tenant.",
        "What the first users typed is left in the card's memory; the dump copies that memory "
        "as it is, so whoever gets the restored copy gets it too.",
        "The people whose requests did the warm-up: their text lives on in the prefix cache, "
        "which is frozen into the image and wakes up in front of strangers.",
        "Alice's conversation stays in VRAM when the checkpoint is made. Bob is then served "
        "from a process that was born with Alice's conversation inside.",
        "The leaked stuff belongs to whoever was served before the snapshot. It is in host "
        "buffers and attention cache, and gets cloned with each start of the saved process.",
        "The queries from the warm up persons are staying in memory of the process, and since "
        "the snapshot is taking all the memory, next customer's instance has them also.",
        "Earlier callers' inputs and outputs remain in RAM and GPU pages; a snapshot is a "
        "byte-for-byte copy of these pages, and each restore spreads the copy to another "
        "party.",
        "It's the warmup users' prompts. They're cached as KV blocks, saved in the file, and "
        "anybody restored from that file can hit those blocks.",
        "API keys and prompts of the first client were in the process's heap at the moment of "
        "dump, and the heap comes back unchanged for the second client.",
        "the request of old user is in kv cache, snapshot save kv cache, new user restore so "
        "old user data is there",
        "Past requesters are exposed: tokens they sent are held as keys and values on the "
        "accelerator, get persisted when the checkpoint is written, and are present in all "
        "the copies brought up from it later.",
        "Whoever sent traffic before the picture was taken. Their messages lie in the "
        "tokenizer queues, log buffers and cache of the engine, and the picture gives them "
        "away to everyone who starts from it.",
        "The checkpoint doesn't know the difference between weights and a user's chat history "
        "in VRAM, so it stores both, and the chat history turns up in the container of a "
        "stranger.",
        "A prior customer's prompt is sitting in the prefix cache; after restore a new "
        "customer sending the same beginning gets a cache hit and can tell from the timing "
        "what the other one asked.",
        "If I was served before the snapshot, my text is in the caches of that engine; you "
        "start tomorrow from the same file and my text is in your engine.",
    ),
    wrong=(
        "Snapshots may leak memory on the GPU until the next user restores the engine.",
        "The CUDA graphs of the previous user lie in GPU memory and get restored for others.",
        "The engine's kernels and graphs leak from the GPU memory to the next user on restore.",
        "The GPU snapshot makes the engine start faster for the next user.",
        "Prompts remain in GPU memory.",
        "Snapshot, memory, cache, prompts, users, tokens, buffers, secrets, restores, tenants, "
        "images, heap of process.",
        "The model weights leak from the GPU memory to the next user who gets the snapshot.",
        "Prompts leak over the network from memory to another user.",
        "KV cache, prompts, memory.",
        "Data can leak.",
        "Nothing leaks, because memory is cleared on restore.",
        "The snapshot costs a lot of storage and that is the problem.",
        "There is a security risk that should be taken seriously.",
        "users, GPU memory, snapshot, restore, other tenant",
        "No user is affected since the KV cache is encrypted by the GPU itself.",
        "Privacy is very important with LLMs and one must always think about it.",
        "It is slower after restore because the cache is cold.",
        "Something from before could be seen later by someone.",
        "Prompts can't leak, as the snapshot contains only the weights and the kernels.",
        "Leak: prefix cache / VRAM / host RAM / secrets / next customer.",
        "A memory leak makes the process grow until it is killed by the kernel.",
        "I think it leaks because of the snapshot.",
        "The prompts are in the KV cache.",
        "It is no leak at all: every customer gets a fresh engine, and the snapshot is "
        "deleted from memory before the next one comes.",
    ),
)
SPEAKS = Texts(
    right=(
        "A cold one has not compiled anything, while the warm one has and hands that to every"
        " copy.",
        "Real requests touch the shapes which matter, so their kernels are autotuned before "
        "the snapshot, not after it.",
        "The lesson says that a snapshot replaces engine start; with a warm one the slow "
        "first forward is gone too.",
        "What the engine otherwise makes at its first request is in the saved memory, and "
        "that work falls away at restore.",
        "When the snapshot is from an engine that already served, its first pass is not slow.",
        "All the one-time work was done before the picture, and so nobody has to wait for it "
        "again.",
        "Graphs are captured already so a restore is fast, although the KV cache is warm and "
        "would leak.",
        "The compiled kernels and captured CUDA graphs are already in it, so a restored "
        "engine need not make them again.",
        "A warm engine has finished all its slow preparations, and the restore gets them for "
        "free, which makes the first answer quick.",
        "torch.compile and graph capture happen only on warm-up; if you save afterwards, "
        "nobody has to wait for them at startup.",
        "With a cold one the first user would still pay for the JIT compilation; with a warm "
        "one it's been paid once and stored.",
        "The autotuning results and the compiled code are in memory then, so the next start "
        "doesn't repeat minutes of work.",
        "You get an engine that can answer straight away, since the model is in place and the "
        "graphs were recorded before the save.",
        "the warm engine already compiled everything so restore is skip this and first "
        "request is fast",
        "Everything that is done only once (loading libraries, building the CUDA context, "
        "compiling, capturing) is behind it at the time of the save and does not have to be "
        "redone.",
        "Startup work is moved from each start to one time in the past: imports, weight load, "
        "graph capture are all contained in the saved state.",
        "Some kernels are only chosen and loaded when real shapes come in, and having these "
        "in the snapshot spares the first caller the delay.",
        "You freeze it when all the hard work is done, so that what thaws is ready to serve "
        "rather than ready to begin preparing.",
        "The restored copy skips its cold start: no reading of checkpoints, no building of "
        "kernels, no first slow request.",
        "By then the engine has everything set up, and setting up is what takes a minute and "
        "a half otherwise.",
        "Warm means the JIT has run. Restore that and you are serving in seconds instead of "
        "recompiling.",
    ),
    wrong=(
        "A warm engine uses more GPU memory and is slower to save and restore.",
        "The warm pool keeps the replica ready for everyone.",
        "A warm engine is slower to restore because graphs must be captured again.",
        "A warm engine makes the image pull shorter because the image is on the disk.",
        "The weights are already loaded so it starts faster.",
        "The prefix cache is already filled, so requests hit it.",
        "It is better.",
        "Kernels, CUDA graphs, weights.",
        "The snapshot gets smaller and so the storage is cheaper.",
        "It makes the network faster.",
        "A warm engine is warm, and warm is what you want.",
        "Because a snapshot of a warm engine is a good snapshot.",
        "The model gives more accurate answers after it has been warmed.",
        "compile, capture, allocator, first request, fast",
        "It uses less power when the GPU has already reached its temperature.",
        "Everyone does it that way in production.",
        "Nothing speaks for it, it should never be done.",
        "There are several advantages in terms of performance and other aspects.",
        "It's easier for the administrator to take it then.",
        "Snapshots are useful because they can be restored.",
        "weights loaded + JIT + graphs + pools",
    ),
)
MEASURES = Texts(
    right=(
        "Warm the engine with made-up prompts only.",
        "Take the snapshot before the first real request arrives.",
        "Flush the KV cache and the prefix cache before saving.",
        "Encrypt the snapshot file at rest.",
        "Make a separate snapshot for each tenant and never share it.",
        "Only let the service account that does the restoring read the snapshot.",
        "Inject secrets after the restore instead of having them in memory at the time of the "
        "dump.",
        "Let snapshots expire after a day and build new ones.",
        "Scan the dump for personal data before it is released.",
        "Use synthetic text, not customer text, for the warm-up.",
        "Zero the request buffers on host and GPU before the checkpoint.",
        "A customer's snapshot is restored for this customer only.",
        "Rotate the API keys and tokens when an instance comes up from the snapshot.",
        "Keep the engine disconnected from the live traffic until the image is taken.",
        "Turn off prefix caching during warm-up so that no prompts are kept.",
        "Build the snapshots in a CI job that has never seen production data.",
        "No real user data in the warm up, random tokens are enough.",
        "Put the engine to sleep in a mode that throws away the KV memory, and save it in "
        "that state.",
        "Make the picture of the process at a time when it has served nobody yet.",
        "Throw away any snapshot of a server that has seen customers.",
        "Warm up on a public benchmark text in place of what customers send.",
        "Limit who may restore it: the file is handled like a database backup with user data.",
    ),
    wrong=(
        "Don't encrypt the snapshot",
        "Don\u2019t clear the cache",
        "Keep the secrets in the snapshot",
        "Use the same snapshot for each customer",
        "Do not ever clear the cache",
        "Nobody clears the KV cache",
        "Let every user share it",
        "Put the password into the image",
        "Wait until the first user has come",
        "Serve the first real user before the snapshot",
        "Be careful.",
        "Use a faster GPU.",
        "Do not clear the cache.",
        "Trust the provider.",
        "Take it after the first real requests.",
        "KV cache, encryption, tenant.",
        "More memory.",
        "Compress the snapshot.",
        "Use HTTPS.",
        "Share one snapshot among all tenants.",
        "Keep the prefix cache, because it makes the next start quicker.",
        "Think about security.",
        "Do not encrypt the snapshot, since that costs time.",
        "synthetic, clear, restrict, rotate",
        "Nothing has to be done.",
        "Let everybody in the company read the snapshot so errors get found.",
        "Keep snapshots forever so nothing gets lost.",
        "Follow best practices.",
        "Never expire the keys that are in the snapshot.",
    ),
)
WHY = Texts(
    right=(
        "In the lesson engine start is short and pulling is long and here it is the other way"
        " round.",
        "In the lesson the image pull is longer than the engine init, in the log it is the "
        "other way round.",
        "The engine start-up was short in the lesson but the log shows it as the longest phase.",
        "Unlike in the lesson the image pull is the smaller and engine init the longer phase "
        "in the log.",
        "In the log the engine's own start is the longest part, and pre-seeding the image "
        "does nothing about it while the snapshot does.",
        "The lesson put 20 s on the engine where it really took 90, so the biggest chunk of "
        "waiting has moved from the pull to the engine's start.",
        "You buy first what removes the longest phase; that was the pull in the lesson's "
        "figures and is the start of the engine in the measured ones.",
        "Compile and graph capture take more time than fetching the image here, and only a "
        "snapshot skips them.",
        "Because measured, the image is not the bottleneck any more: 80 s against 90 s for "
        "the engine.",
        "The lesson's numbers overrate the pull (180 instead of 80) and underrate the "
        "engine's start (20 instead of 90), which swaps the order of the two.",
        "In reality the engine needs longer to get going than the image needs to arrive, so "
        "the layer that cuts the engine's part saves the most.",
        "the log says engine start 90s > image 80s, lesson says image 180s > engine 20s, so "
        "other phase is longest and other layer helps most",
        "With the lesson, most of the cold start was pulling the container. With the real "
        "run, most of it is Python and compiling, and against that a seeded image is useless.",
        "The engine start was guessed much too short in the lesson; as it is really the "
        "largest item, the layer which skips it comes first.",
        "Because what takes the most time has changed: not the image but the starting of the "
        "engine, and this is what the snapshot spares.",
        "The real engine is spending more time with torch.compile and CUDA graphs than the "
        "node is spending with the download, therefor the snapshot brings more.",
        "The lesson looked at a pull-bound start, but this one is bound by initialisation, "
        "which you avoid by restoring a finished process.",
        "Pre-seeding would leave the longest phase, the 90 s engine boot, untouched.",
        "The slowest step differs: fetching the container in theory, bringing the engine up "
        "in practice.",
        "My biggest saving is where the most time goes; in the log that is imports, compile "
        "and capture, which the lesson had counted as just 20 s.",
        "Pulling the image fell to 80 s, while starting the engine rose to 90 s.",
        "The pull of the container became cheap and the boot of vLLM became expensive.",
        "In the lesson image_pull takes longest, in the log engine_init takes longest.",
        "The image is smaller than in the lesson and the engine start is longer.",
    ),
    wrong=(
        "A snapshot skips the image pull, which takes longer than the engine.",
        "The engine starts faster here than in the lesson, so the snapshot is first.",
        "The engine starts in the same time as in the lesson.",
        "In truth the download of the image is the bottleneck, and the engine needs only a "
        "few seconds.",
        "The engine is red and the image is longer than a dog.",
        "The engine init takes less time than the image pull, so snapshot comes first.",
        "In the lesson engine_init takes longest, in the log image_pull takes longest.",
        "The engine init does not take longer in the log; the image pull does.",
        "Because the numbers are different.",
        "Engine start, image, snapshot, 90 s, 80 s.",
        "In the log the image takes longer than the engine, so the snapshot comes first.",
        "Because snapshots are cheaper.",
        "Because the model is small.",
        "Because the snapshot saves more.",
        "Because a snapshot is more modern than pre-seeding.",
        "The lesson is wrong.",
        "torch.compile, CUDA graph capture, imports, longest phase",
        "The engine's start is shorter in the log than in the lesson.",
        "Since the first layer to buy is the one you buy first.",
        "A GPU snapshot is safer because no data leaks.",
        "Because weights are the longest phase and they are loaded from the snapshot.",
        "It depends on the situation.",
        "Because the snapshot makes the image pull shorter.",
        "Because in the log it is another layer than in the lesson.",
        "Image 180, engine 20, image 80, engine 90.",
        "The pull takes 180 s in the log and the engine only 20 s, therefore one takes the "
        "snapshot.",
    ),
)
