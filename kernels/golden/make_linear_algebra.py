"""Vectors for Cholesky factors and triangular systems: python3 make_linear_algebra.py"""
import torch
from vectors import Draws, gradients, leaf, save

draws = Draws(24)
for name, batch, n, m in (("cholesky", 4, 16, 8), ("cholesky_odd", 3, 13, 5)):
    root = draws.normal(batch, n, n)
    a = (root @ root.transpose(0, 2, 1) / n + torch.eye(n).numpy()).astype("float32")
    a = ((a + a.transpose(0, 2, 1)) / 2).astype("float32")
    b = draws.normal(batch, n, m)
    A, B = leaf(a), leaf(b)
    L = torch.linalg.cholesky(A)
    dl, dx, ds, dt = draws.normal(batch, n, n), draws.normal(batch, n, m), draws.normal(batch, n, m), draws.normal(batch, n, m)
    (da,) = gradients(torch.linalg.cholesky(A), dl, A)
    l = L.detach().numpy().astype("float32")
    T = leaf(l)
    x = torch.linalg.solve_triangular(torch.tril(T), B, upper=False)
    solve_dl, solve_db = gradients(x, dx, T, B)
    xt = torch.linalg.solve_triangular(torch.tril(T).transpose(-1, -2), B, upper=True)
    transposed_dl, transposed_db = gradients(xt, dt, T, B)
    s = torch.cholesky_solve(B, torch.linalg.cholesky(A))
    system_da, system_db = gradients(s, ds, A, B)
    save(name, a=a, b=b, dl=dl, l=L, da=da, t=l, dx=dx, x=x, solve_dl=solve_dl, solve_db=solve_db, dt=dt, xt=xt,
         transposed_dl=transposed_dl, transposed_db=transposed_db, ds=ds, s=s, system_da=system_da, system_db=system_db)
